// SPDX-License-Identifier: GPL-3.0-or-later
// The rooms as the server tells them, and whether it still does. While a stream is open the
// recorders hold their sources open, so a page nobody sees lets go of it after a while.

/** @typedef {import('../types').Live} Live */

const TRY_AGAIN_MS = 1000;
const SILENCE_MS = 10000; // the server says something each 5 s
const UNSEEN_MS = 60000;

/**
 * Calls told at every change until the returned function is called.
 * @param {(live: Live) => void} told
 */
export function follow(told) {
  /** @type {Live} */
  let live = { rooms: null, link: 'opening', at: new Date(), recordings: 0 };
  /** @type {EventSource | null} */
  let stream = null;
  let silence = 0;
  let again = 0;
  let unseen = 0;

  /** @param {Partial<Live>} change */
  function tell(change) {
    live = { ...live, ...change };
    told(live);
  }

  function heard() {
    clearTimeout(silence);
    silence = setTimeout(lose, SILENCE_MS);
    if (live.link !== 'open') {
      tell({ link: 'open', recordings: live.recordings + 1 });
    }
  }

  function close() {
    clearTimeout(silence);
    clearTimeout(again);
    stream?.close();
    stream = null;
  }

  function lose() {
    close();
    again = setTimeout(reopen, TRY_AGAIN_MS);
    if (live.link !== 'lost') {
      tell({ link: 'lost' });
    }
  }

  // A stream does not say why it failed; an ordinary question does.
  async function reopen() {
    try {
      const response = await fetch('/api/v1/rooms', { credentials: 'same-origin' });
      if (response.status === 401) {
        location.reload();
      } else if (response.ok) {
        open();
        return;
      }
    } catch {
      // still away
    }
    again = setTimeout(reopen, TRY_AGAIN_MS);
  }

  function open() {
    close();
    stream = new EventSource('/api/v1/events');
    stream.onerror = lose;
    stream.addEventListener('rooms', (event) => {
      heard();
      tell({ rooms: JSON.parse(event.data).rooms, at: new Date() });
    });
    stream.addEventListener('recordings', () => {
      heard();
      tell({ recordings: live.recordings + 1 });
    });
    stream.addEventListener('ping', heard);
  }

  function seen() {
    clearTimeout(unseen);
    if (document.hidden) {
      unseen = setTimeout(close, UNSEEN_MS);
    } else if (!stream) {
      open();
    }
  }

  document.addEventListener('visibilitychange', seen);
  open();
  return () => {
    document.removeEventListener('visibilitychange', seen);
    clearTimeout(unseen);
    close();
  };
}
