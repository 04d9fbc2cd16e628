// SPDX-License-Identifier: GPL-3.0-or-later
// Questions to the server. Every refusal is a Fault with its words in both languages.

/** @typedef {import('../types').FaultText} FaultText */

export class Fault extends Error {
  /** @param {FaultText} text @param {number} [status] of the answer; 0: there was none */
  constructor(text, status = 0) {
    super(text.en);
    this.text = text;
    this.status = status;
  }
}

/** @type {FaultText} */
const UNREACHABLE = {
  code: 'unreachable',
  en: 'The server cannot be reached. A recording that is running is not affected.',
  zh: '无法连接服务器。正在进行的录制不受影响。',
};

/** @type {FaultText} */
const ODD = {
  code: 'odd',
  en: 'The server gave an answer that this page does not understand. Please reload the page.',
  zh: '服务器的回应无法识别，请刷新页面。',
};

/**
 * Sends something as it is; rejects with a Fault unless it is answered well.
 * @param {string} method
 * @param {string} path below /api/v1
 * @param {BodyInit} [body]
 * @param {Record<string, string>} [headers]
 * @param {AbortSignal} [signal] nobody waits for the answer any more
 * @returns {Promise<Response>}
 */
export async function exchange(method, path, body, headers, signal) {
  let response;
  try {
    response = await fetch(`/api/v1${path}`, { method, credentials: 'same-origin', headers, body, signal });
  } catch {
    throw new Fault(UNREACHABLE);
  }
  if (response.status === 401) {
    location.reload(); // the server then asks for the access code
  }
  if (!response.ok) {
    throw new Fault((await response.json().catch(() => null))?.fault || ODD, response.status);
  }
  return response;
}

/**
 * Asks about a document that has versions: tag is the version that the question is about (If-Match),
 * in the answer the one it has now.
 * @param {string} method
 * @param {string} path below /api/v1
 * @param {object} [body]
 * @param {string} [tag]
 * @param {AbortSignal} [signal] nobody waits for the answer any more
 * @returns {Promise<{ json: any, tag: string }>}
 */
export async function askTagged(method, path, body, tag, signal) {
  const headers = { ...(body && { 'Content-Type': 'application/json' }), ...(tag && { 'If-Match': tag }) };
  const response = await exchange(method, path, body && JSON.stringify(body), headers, signal);
  const json = await response.json().catch(() => null);
  if (!json) { /* a job that failed has a fault of its own, and is an answer */
    throw new Fault(ODD, response.status);
  }
  return { json, tag: response.headers.get('ETag') || '' };
}

/**
 * @param {string} method
 * @param {string} path below /api/v1
 * @param {object} [body]
 * @param {AbortSignal} [signal] nobody waits for the answer any more
 * @returns {Promise<any>}
 */
export const ask = async (method, path, body, signal) => (await askTagged(method, path, body, undefined, signal)).json;

const TRIES = 5; // of a change, while others change the same

/**
 * Changes a document, whoever else changes it meanwhile: edit is given what path answers and returns the
 * document as it shall be, which goes to where.
 * @param {string} path
 * @param {(json: any) => object} edit called again when somebody else was faster
 * @param {string} [where]
 * @returns {Promise<any>} the document as it is now
 */
export async function change(path, edit, where = path) {
  for (let tries = 1; ; tries++) {
    const { json, tag } = await askTagged('GET', path);
    try {
      return (await askTagged('PUT', where, edit(json), tag)).json;
    } catch (error) {
      if (!['changed', 'no-version'].includes(faultText(error).code) || tries === TRIES) {
        throw error;
      }
    }
  }
}

/**
 * Sends the piece of an upload that begins at byte at.
 * @param {string} id
 * @param {Blob} piece
 * @param {number} at
 * @param {number} size of the whole
 * @param {AbortSignal} signal
 * @returns {Promise<{ have: number }>}
 */
export async function sendPiece(id, piece, at, size, signal) {
  let response;
  try {
    response = await fetch(`/api/v1/uploads/${id}`, {
      method: 'PUT',
      credentials: 'same-origin',
      headers: { 'Content-Type': 'application/octet-stream', 'Content-Range': `bytes ${at}-${at + piece.size - 1}/${size}` },
      body: piece,
      signal,
    });
  } catch {
    throw new Fault(UNREACHABLE);
  }
  const json = await response.json().catch(() => null);
  if (!json || !response.ok) {
    throw new Fault(json?.fault || ODD, response.status);
  }
  return json;
}

/**
 * Bytes of a file of the server's; from on to before to, if only these.
 * @param {string} address @param {{ from: number, to: number } | null} range
 * @param {AbortSignal} signal @param {() => void} alive some have come
 * @returns {Promise<Uint8Array<ArrayBuffer>>}
 */
export async function bytesOf(address, range, signal, alive) {
  const response = await fetch(address, {
    credentials: 'same-origin',
    headers: range ? { Range: `bytes=${range.from}-${range.to - 1}` } : {},
    signal,
  });
  if (!response.ok) {
    throw new Fault(ODD, response.status);
  }
  const parts = [];
  for (const reader = /** @type {ReadableStream<Uint8Array<ArrayBuffer>>} */ (response.body).getReader(); ;) {
    const { done, value } = await reader.read();
    if (done) {
      return new Uint8Array(await new Blob(parts).arrayBuffer());
    }
    parts.push(value);
    alive();
  }
}

/** @param {unknown} error @returns {FaultText} */
export const faultText = (error) => (error instanceof Fault ? error.text : ODD);

/** The server has said no, and will once more. @param {unknown} error */
export const isRefused = (error) => error instanceof Fault && error.status >= 400 && error.status < 500 && error.status !== 408 && error.status !== 429;

/** Nobody knows what became of what was sent. @param {FaultText} fault */
export const isLost = ({ code }) => code === 'unreachable' || code === 'odd';

/**
 * The address of a recording, or of a microlesson, as MP4.
 * @param {string} id
 * @param {string[]} tracks none: all
 */
export function mediaUrl(id, tracks) {
  const query = tracks.map((name) => `track=${encodeURIComponent(name)}`).join('&');
  return `/api/v1/${id.startsWith('clip-') ? 'clips' : 'recordings'}/${id}/media.mp4${query ? `?${query}` : ''}`;
}

const MADE_AGAIN_MS = 1000; // what the server says (Retry-After)
const BEING_MADE = 'timeout'; // the fault of a file that is not there yet (docs/api.yaml)

/**
 * Resolves when a microlesson's file is there to be downloaded, however long the server makes it, and over a line that
 * is away for a while; rejects with a Fault.
 * @param {string} id
 * @param {AbortSignal} signal nobody waits for it any more
 */
export async function untilMade(id, signal) {
  for (;;) {
    try {
      await exchange('GET', `/clips/${id}/media.mp4`, undefined, { Range: 'bytes=0-0' }, signal);
      return;
    } catch (error) {
      const fault = faultText(error);
      if (signal.aborted || isRefused(error) || !(isLost(fault) || fault.code === BEING_MADE)) {
        throw error;
      }
      await new Promise((done) => setTimeout(done, MADE_AGAIN_MS));
    }
  }
}

/**
 * The address of a small picture of a track: the last at or before a moment, which is therefore not rounded down.
 * @param {string} id
 * @param {string} track
 * @param {number} seconds of lesson time
 */
export const thumbUrl = (id, track, seconds) =>
  `/api/v1/recordings/${id}/tracks/${track}/thumb?t=${(Math.ceil(seconds * 1e3) / 1e3).toFixed(3)}`;

/**
 * The address of the page that plays an item, from a moment of it on.
 * @param {string} id
 * @param {number | null} [ns]
 */
export const playUrl = (id, ns) => `/lessons/${encodeURIComponent(id)}${typeof ns === 'number' ? `?t=${ns / 1e9}` : ''}`;
