// SPDX-License-Identifier: GPL-3.0-or-later
// Files on their way to the server, piece by piece, and what becomes of them there.
//
//   const uploads = new Uploads(show);       // show() is called whenever something changed
//   await uploads.load();                    // what came before this page was opened
//   uploads.add(input.files);                // one that came in part goes on where it is
//   uploads.close();

import { ask, faultText, isLost, isRefused, sendPiece } from './api.js';

/** @typedef {import('../types').FaultText} FaultText */
/**
 * 'sending': pieces go out; 'paused': a person's wish, or a fault that passes, such as a full disk; 'waiting': the line is away, it
 * goes on by itself; 'lacking': it came in part, before this page: its file must be chosen again;
 * 'gathered': it has come and waits for the others of its lesson; 'making': a lesson is made of it;
 * 'refused': it cannot be; 'done'. id: '': the server does not know it yet. with: the upload of whose lesson it is a part; '': of its own.
 * @typedef {{ id: string, with: string, name: string, size: number, have: number, file: File | null, state: string,
 *   progress: number, fault: FaultText | null, job: string, abort: AbortController | null, turn: number,
 *   notes: { en: string, zh: string }[] }} Upload
 */

const PIECE_MIN = 16 << 10;
const PIECE_MAX = 1 << 20; // the server takes no more
const QUICK_MS = 1000; // a piece that took no longer is followed by a larger one
const SLOW_MS = 6000; // the server waits 20 s for a piece
const RETRY_MS = 2000;
const LOOK_MS = 700;

/** @param {number} ms */
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

/** The server or the line to it is away, and will be back. @param {unknown} error */
const isPassing = (error) => isLost(faultText(error)) && !isRefused(error);

/** Bytes of a file; null: it cannot be read any more. @param {File} file @param {number} from @param {number} to */
const readPart = (file, from, to) => file.slice(from, to).arrayBuffer().then((bytes) => new Blob([bytes]), () => null);

export class Uploads {
  /** @param {() => void} show */
  constructor(show) {
    this.show = show;
    this.closed = false;
    this.adding = false; // not all of a lesson is known yet
    /** @type {Upload[]} */
    this.list = [];
  }

  close() {
    this.closed = true;
    this.list.forEach((one) => one.abort?.abort());
  }

  async load() {
    const [{ uploads }, { jobs }] = await Promise.all([ask('GET', '/uploads'), ask('GET', '/jobs')]);
    for (const upload of uploads) {
      const one = this.put(upload, null);
      const job = jobs.find((/** @type {any} */ known) => known.kind === 'import' && known.upload === one.id);
      if (one.have < one.size) {
        one.state = 'lacking';
      } else if (job) {
        this.watch(one, job.id);
      } else {
        one.state = 'gathered';
      }
    }
    this.gatherAll();
    this.show();
  }

  /**
   * @param {{ id: string, with: string, name: string, size: number, have: number }} upload
   * @param {File | null} file
   */
  put(upload, file) {
    /** @type {Upload} */
    const one = { ...upload, file, state: 'paused', progress: 0, fault: null, job: '', abort: null, turn: 0, notes: [] };
    this.list.push(one);
    return one;
  }

  /** One that came in part, before. @param {File} file */
  known(file) {
    return this.list.find((one) => one.state === 'lacking' && one.name === file.name && one.size === file.size);
  }

  /**
   * @param {Iterable<File>} files
   * @param {boolean} [together] they are one lesson
   */
  async add(files, together = false) {
    let first = '';
    this.adding = together;
    for (const file of files) {
      const known = this.known(file);
      if (known) {
        known.file = file;
        this.send(known);
        continue;
      }
      const { name, size } = file;
      const one = this.put({ id: '', with: first, name, size, have: 0 }, file);
      one.state = 'sending';
      try {
        const made = await this.order(one, '/uploads', { name, size, ...(first && { with: first }) },
          (each) => each.name === name && each.size === size && each.have === 0 && !this.list.some(({ id }) => id === each.id));
        if (!this.list.includes(one)) { // given up meanwhile
          ask('DELETE', `/uploads/${made.id}`).catch(() => {}); // or it grows old there
          continue;
        }
        one.id = made.id;
        first = first || (together ? one.id : '');
        this.send(one);
      } catch (error) {
        this.refuse(one, error);
      }
    }
    this.adding = false;
    this.gatherAll();
  }

  /**
   * Has something made for one, again and again while the server or the line to it is away: a browser may lose the
   * answer with a connection that the server has just closed. What was made all the same is the one that isIt knows.
   * @param {Upload} one
   * @param {string} path of all of them
   * @param {object} order
   * @param {(each: any) => boolean} isIt
   */
  async order(one, path, order, isIt) {
    const before = one.state;
    for (let lost = false; ; lost = true) {
      try {
        const there = lost && (await ask('GET', path))[path.slice(1)].find(isIt);
        const made = there || await ask('POST', path, order);
        one.state = one.state === 'waiting' ? before : one.state;
        return made;
      } catch (error) {
        if (!isPassing(error) || this.closed || !this.list.includes(one)) {
          throw error;
        }
        one.state = 'waiting';
        this.show();
        await sleep(RETRY_MS);
      }
    }
  }

  /** @param {Upload} one @param {unknown} error @param {string} [state] paused: a person may go on */
  refuse(one, error, state = 'refused') {
    one.state = state;
    one.fault = faultText(error);
    this.show();
  }

  /** @param {Upload} one */
  pause(one) {
    one.state = 'paused';
    one.abort?.abort();
    this.show();
  }

  /** All of a lesson, the one that holds them together last. @param {string} id of that one */
  lesson(id) {
    return [...this.list.filter((one) => one.with === id), ...this.list.filter((one) => one.id === id)];
  }

  /** Gives it up, here and there, with all of its lesson; one that never came there alone. @param {Upload} one */
  async remove(one) {
    const lesson = one.id ? this.lesson(one.with || one.id) : [one];
    lesson.forEach((each) => {
      each.abort?.abort();
      each.state = 'paused';
    });
    this.list = this.list.filter((each) => !lesson.includes(each));
    this.show();
    try {
      for (const { job } of lesson.filter((each) => each.job)) {
        await ask('DELETE', `/jobs/${job}`);
      }
      for (const { id } of lesson.filter((each) => each.id)) {
        await ask('DELETE', `/uploads/${id}`);
      }
    } catch {
      // it is gone already, or grows old there
    }
    if (!one.id && one.with) {
      this.gather(one.with); // without it
    }
  }

  /** Sends until it is whole, or its state is another. @param {Upload} one */
  async send(one) {
    const turn = ++one.turn; // paused and gone on with: the loop of before ends
    one.state = 'sending';
    one.fault = null;
    this.show();
    const file = /** @type {File} */ (one.file);
    let piece = PIECE_MIN * 4;
    while (one.state === 'sending' && one.turn === turn && one.have < one.size && !this.closed) {
      const begun = performance.now();
      const bytes = await readPart(file, one.have, Math.min(one.size, one.have + piece));
      if (one.state !== 'sending' || one.turn !== turn) {
        break;
      }
      if (!bytes) { // its card is out, or it was changed: it must be chosen again
        one.state = 'lacking';
        one.file = null;
        break;
      }
      one.abort = new AbortController();
      try {
        const { have } = await sendPiece(one.id, bytes, one.have, one.size, one.abort.signal);
        one.have = Math.max(have, one.have);
        const took = performance.now() - begun;
        piece = took < QUICK_MS ? Math.min(PIECE_MAX, piece * 2) : took > SLOW_MS ? Math.max(PIECE_MIN, piece >> 1) : piece;
      } catch (error) {
        piece = PIECE_MIN;
        await this.mend(one, error);
      }
      this.show();
    }
    if (one.state === 'sending' && one.turn === turn && !this.closed) {
      one.state = 'gathered';
      this.show();
      await this.gather(one.with || one.id);
    }
  }

  /**
   * A piece did not go: the server says how much there is. While it is away or cannot, it is asked again and
   * again; what it refuses for good is said and waits for a person.
   * @param {Upload} one
   * @param {unknown} error
   */
  async mend(one, error) {
    const before = one.have;
    while (one.state === 'sending' || one.state === 'waiting') {
      try {
        const { have } = await ask('GET', `/uploads/${one.id}`);
        const lost = isPassing(error);
        if (lost && have <= before) {
          await sleep(RETRY_MS); // questions come through, pieces do not
        }
        if (one.state !== 'sending' && one.state !== 'waiting') {
          return; // paused meanwhile, or given up
        }
        one.have = have;
        one.state = lost || one.have > before ? 'sending' : 'paused';
        one.fault = one.state === 'paused' ? faultText(error) : null;
        return;
      } catch (worse) {
        if (!isPassing(worse)) {
          this.refuse(one, worse, isRefused(worse) ? 'refused' : 'paused');
          return;
        }
        one.state = 'waiting';
        this.show();
        await sleep(RETRY_MS);
      }
    }
  }

  gatherAll() {
    this.list.filter((one) => one.state === 'gathered').forEach((one) => this.gather(one.with || one.id));
  }

  /** Has a lesson made when all of it has come. @param {string} id of the one that holds it together */
  async gather(id) {
    const lesson = this.lesson(id);
    const one = lesson.find((each) => each.id === id);
    if (!one || this.adding || lesson.some((each) => each.state !== 'gathered')) {
      return;
    }
    one.state = 'making'; // once
    try {
      const job = one.job // it lacked room, and is to be tried again
        ? await ask('PUT', `/jobs/${one.job}`, { state: 'waiting' })
        : await this.order(one, '/jobs', { kind: 'import', upload: one.id }, ({ kind, upload }) => kind === 'import' && upload === one.id);
      await this.watch(one, job.id);
    } catch (error) { // what has come is not given up for it
      this.refuse(one, error, 'paused');
    }
  }

  /** @param {Upload} one @param {string} id of the job */
  async watch(one, id) {
    one.job = id;
    one.state = 'making';
    while (one.state === 'making' && !this.closed) {
      /** @type {any} */
      let job = null;
      try {
        job = await ask('GET', `/jobs/${id}`);
      } catch (error) {
        if (!isPassing(error)) { // it is no more
          this.refuse(one, error);
          return;
        }
      } // or the line is away: again
      one.progress = job?.progress || 0;
      if (job?.state === 'done') {
        one.state = 'done';
        one.notes = job.result?.notes || [];
        this.list = this.list.filter((each) => each === one || each.with !== one.id); // they are in it
      } else if (job?.state === 'failed' || job?.state === 'cancelled') {
        one.state = job.fault?.code === 'no-space' ? 'paused' : 'refused'; // once there is room it goes on
        one.fault = job.fault || null;
      }
      this.show();
      await sleep(LOOK_MS);
    }
  }
}
