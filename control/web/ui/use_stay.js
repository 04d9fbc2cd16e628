// SPDX-License-Identifier: GPL-3.0-or-later
import { useEffect } from '../vendor/preact.js';

/** The browser asks before this page is left. @param {boolean} asks only it has something that would be lost */
export function useStay(asks) {
  useEffect(() => {
    /** @param {BeforeUnloadEvent} event */
    const stay = (event) => {
      event.preventDefault();
      event.returnValue = ''; // as Chromium did before 119
    };
    if (asks) {
      addEventListener('beforeunload', stay);
    }
    return () => removeEventListener('beforeunload', stay);
  }, [asks]);
}
