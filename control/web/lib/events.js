// SPDX-License-Identifier: GPL-3.0-or-later
// A stream of the server's events that opens itself again, and tells whether it is open.

import { reach } from './reach.js';

/** @typedef {import('../types').FaultText} FaultText */

const TRY_AGAIN_MS = 200;
const REFUSED_MS = 3000;
const SILENCE_MS = 10000; // the server says something each 5 s

/**
 * Listens until close() is called. A stream does not say why it failed, so before it is opened
 * again probe is asked for by an ordinary question: an address that needs the same rights. on's
 * functions get the events' data by their names; link is told when it changes. refused is told why
 * when we may not listen any more, and then all is over; without it the page is loaded anew.
 * @param {{ address: string, probe: string, on: Record<string, (data: any) => void>,
 *   link: (state: 'open' | 'lost' | 'none') => void,
 *   refused?: (why: FaultText) => void }} wishes none: there is no such address
 */
export function listen({ address, probe, on, link, refused }) {
  /** @type {EventSource | null} */
  let stream = null;
  let silence = 0;
  let again = 0;
  /** @type {'opening' | 'open' | 'lost' | 'none' | 'closed'} */
  let state = 'opening';

  /** @param {'open' | 'lost' | 'none'} next */
  function turn(next) {
    if (state !== next) {
      state = next;
      link(next);
    }
  }

  function heard() {
    clearTimeout(silence);
    silence = setTimeout(lose, SILENCE_MS);
    turn('open');
  }

  function hangUp() {
    clearTimeout(silence);
    clearTimeout(again);
    stream?.close();
    stream = null;
  }

  function lose() {
    hangUp();
    again = setTimeout(reopen, TRY_AGAIN_MS);
    turn('lost');
  }

  /** @param {Response} response */
  async function refuse(response) {
    const { fault } = await response.json().catch(() => ({}));
    if (state === 'closed') {
      return;
    }
    if (refused && fault) {
      state = 'closed';
      refused(fault);
    } else {
      location.reload(); // the server says then what is needed
    }
  }

  async function reopen() {
    const response = await reach(probe);
    if (state === 'closed') {
      return;
    }
    if (response?.status === 401 || response?.status === 403) {
      refuse(response);
    } else if (response?.ok) {
      open();
    } else {
      turn(response?.status === 404 ? 'none' : 'lost');
      again = setTimeout(reopen, response ? REFUSED_MS : TRY_AGAIN_MS);
    }
  }

  function open() {
    hangUp();
    stream = new EventSource(address);
    stream.onerror = lose;
    for (const [name, told] of Object.entries(on)) {
      stream.addEventListener(name, (event) => {
        heard();
        told(JSON.parse(event.data));
      });
    }
    stream.addEventListener('ping', heard);
  }

  open();
  return () => {
    state = 'closed';
    hangUp();
  };
}
