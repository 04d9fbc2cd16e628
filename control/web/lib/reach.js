// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Whether the server can be reached now. In a network that swallows what is sent, browsers wait for
 * minutes, and try ever more seldom meanwhile; so a try that has no answer soon is given up for a
 * fresh one. Chromium does not let go of the connection of a request that is given up: the next
 * request gets that old attempt. A WebSocket has an attempt of its own, but it is held back for up
 * to 5 s once 16 of them have failed. Firefox lets go, but holds back WebSockets after one.
 */

const PATIENCE_MS = 2200; // the network's own second try, after 1 s, is within it
const LONG_MS = 9000; // for a WebSocket that is held back
const SHORT_ONES = 12;
const AGAIN_MS = 100;
const IS_GECKO = 'mozInnerScreenX' in globalThis;

let failures = 0; // in a row
/** @type {Promise<boolean> | null} */
let knocking = null; // whoever asks meanwhile waits for the same

/** True when anything comes back, be it a refusal. @param {string} address @returns {Promise<boolean>} */
function knock(address) {
  const url = new URL(address, location.href);
  url.protocol = url.protocol.replace('http', 'ws');
  return new Promise((done) => {
    const socket = new WebSocket(url);
    const late = setTimeout(() => end(false), failures < SHORT_ONES ? PATIENCE_MS : LONG_MS);
    /** @param {boolean} came */
    function end(came) {
      clearTimeout(late);
      socket.onerror = null;
      socket.close();
      failures = came ? 0 : failures + 1;
      knocking = null;
      done(came);
    }
    socket.onerror = () => end(true); // no WebSocket lives there
  });
}

/**
 * The answer to a GET; null when there is none in time.
 * @param {string} address
 */
export async function reach(address) {
  if (!IS_GECKO && !(await (knocking ??= knock(address)))) {
    return null;
  }
  const giveUp = new AbortController();
  const late = setTimeout(() => giveUp.abort(), PATIENCE_MS);
  try {
    return await fetch(address, { credentials: 'same-origin', cache: 'no-store', signal: giveUp.signal });
  } catch {
    return null;
  } finally {
    clearTimeout(late);
  }
}

/**
 * Waits until the server answers; at once when it does. False: given up before.
 * @param {string} address
 * @param {AbortSignal} signal
 * @param {() => void} [away] called once when the first answer does not come
 */
export async function untilReached(address, signal, away = () => {}) {
  for (let tries = 0; !signal.aborted; tries++) {
    if (await reach(address)) {
      return !signal.aborted;
    }
    if (tries === 0) {
      away();
    }
    await new Promise((done) => setTimeout(done, AGAIN_MS));
  }
  return false;
}
