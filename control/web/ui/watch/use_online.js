// SPDX-License-Identifier: GPL-3.0-or-later
import { useEffect, useState } from '../../vendor/preact.js';

/** False when this device knows that it has no network. */
export function useOnline() {
  const [online, setOnline] = useState(navigator.onLine);
  useEffect(() => {
    const look = () => setOnline(navigator.onLine);
    addEventListener('online', look);
    addEventListener('offline', look);
    return () => {
      removeEventListener('online', look);
      removeEventListener('offline', look);
    };
  }, []);
  return online;
}
