// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * One track of an element: fetches the pieces' bytes by ranges, some seconds ahead of what is shown,
 * and puts each chunk at its place (place.js).
 */

import { bytesOf } from '../api.js';
import { placeChunk, readChunk, timescaleOf } from '../watch/chunk.js';
import { isSound } from '../names.js';
import { BEFORE_S, placePictures, placeSound } from './place.js';
import { pieceAt, ticksOf } from './plan.js';
import { silence } from './silence.js';
import { initOf, persist, rowsOf } from './tape.js';

/** @typedef {import('./plan.js').Plan} Plan */
/** @typedef {import('./plan.js').Planned} Planned */
/** @typedef {import('./tape.js').Row} Row */

const AHEAD_S = 20;
const KEPT_S = 30; // behind what is shown
const FIRST_NS = 0.5e9; // of a batch after a seek: something is seen soon
const BATCH_NS = 3e9;
const BATCH_BYTES = 2 << 20;
const LOOK_MS = 100;
const AGAIN_MS = 1000;
const LOOK_AHEAD_NS = 60e9; // for pictures, in a hole of sound
const HOLE_NS = 3e7; // of sound: more than a frame
const MOVED_NS = 1e8; // more than frames of sound are moved
const NEAR_S = 1; // an element stops before the end of what there is, the sooner the faster it plays
const EDGE_S = 1e-5; // of the window for frames of sound: times are rounded to microseconds

/** @param {Row['reel']} reel @param {boolean} sound */
const typeOf = ({ codecs }, sound) => `${sound ? 'audio' : 'video'}/mp4; codecs="${codecs}"`;

export class Feed {
  /**
   * @param {MediaSource} source open
   * @param {HTMLMediaElement} element
   * @param {Plan} plan
   * @param {string} track
   * @param {(lesson: string, track: string) => boolean} has
   * @param {{ typed: () => Promise<void>, fed: () => void, broken: (error: unknown) => void,
   *   moves: (lesson: string, from: number, to: number, signal: AbortSignal) => Promise<boolean> }} told moves: do pictures go on
   *   in this part of a lesson (ns)? typed: its buffer is
   *   there; resolves when those of all are, before which Chromium wants nothing appended
   */
  constructor(source, element, plan, track, has, told) {
    this.source = source;
    this.element = element;
    this.plan = plan;
    this.track = track;
    this.sound = isSound(track);
    this.has = has;
    this.told = told;
    /** @type {SourceBuffer | null} */
    this.buffer = null;
    this.type = '';
    this.run = new AbortController();
    this.done = false; // all is appended
    this.init = '';
    /** @type {Promise<void>} what must have ended before the next run touches the buffer */
    this.idle = Promise.resolve();
  }

  /** Is clip time buffered? @param {number} at seconds */
  holds(at) {
    const ranges = this.buffer?.buffered;
    for (let i = 0; ranges && i < ranges.length; i++) {
      if (ranges.start(i) <= at + BEFORE_S + 0.001 && at + BEFORE_S < ranges.end(i) - 0.001) {
        return true;
      }
    }
    return false;
  }

  /**
   * Where what comes behind a hole at clip time at begins; nothing: there is none. Of this track alone: Firefox tells of all
   * what one has.
   * @param {number} at seconds
   */
  behindHole(at) {
    const ranges = this.buffer?.buffered;
    const now = at + BEFORE_S;
    for (let i = 0; ranges && i < ranges.length; i++) {
      if (ranges.start(i) > now) {
        return i === 0 || ranges.end(i - 1) < now + NEAR_S ? ranges.start(i) - BEFORE_S : undefined;
      }
    }
    return undefined;
  }

  /** Throws away what there is and begins at clip time at. @param {number} at seconds */
  restart(at) {
    this.run.abort();
    this.run = new AbortController();
    this.done = false;
    const { signal } = this.run;
    this.idle = this.idle.then(async () => {
      if (signal.aborted) {
        return;
      }
      try {
        if (this.buffer && this.buffer.buffered.length > 0) {
          await this.change(() => this.buffer?.remove(0, Infinity));
        }
        await this.fill(at * 1e9, signal);
      } catch (error) {
        if (!signal.aborted) {
          this.told.broken(error);
        }
      }
    });
  }

  close() {
    this.run.abort();
  }

  /** Does one thing to the buffer, and waits until it is done. @param {() => void} act */
  async change(act) {
    const buffer = /** @type {SourceBuffer} */ (this.buffer);
    await new Promise((done, failed) => {
      const over = () => {
        buffer.removeEventListener('updateend', over);
        this.element.error ? failed(this.element.error) : done(undefined);
      };
      buffer.addEventListener('updateend', over);
      try {
        act();
      } catch (error) {
        buffer.removeEventListener('updateend', over);
        failed(error);
      }
    });
  }

  /** @param {number} from clip time, ns @param {AbortSignal} signal */
  async fill(from, signal) {
    const { pieces } = this.plan;
    for (let i = pieceAt(this.plan, from); i < pieces.length && !signal.aborted; i++) {
      const piece = pieces[i];
      if (this.has(piece.lesson, this.track)) {
        await this.fillPiece(piece, piece.from + Math.max(0, from - piece.at), signal);
      }
    }
    if (!signal.aborted) {
      this.done = true;
      this.told.fed();
    }
  }

  /**
   * @param {Planned} piece @param {number} from lesson time, ns
   * @param {AbortSignal} signal
   */
  async fillPiece(piece, from, signal) {
    const { plan } = this;
    const end = () => ({ to: piece.to + (this.sound ? (plan.grows ? -MOVED_NS : MOVED_NS) : 0), grows: plan.grows });
    const first = this.sound ? Math.max(0, from - MOVED_NS) : from;
    /** @type {Row[]} what is not appended yet; the last of it may still be without its true end */
    let batch = [];
    let whole = from + FIRST_NS; // up to here at once
    let heard = Math.max(piece.from, from); // the end of the sound that there is
    for await (const row of rowsOf(piece.lesson, this.track, first, end, signal)) {
      if (this.sound && row.time > heard + HOLE_NS) {
        if (batch.length > 0) {
          await this.append(piece, batch, row.time, signal);
          batch = [];
        }
        await this.beSilent(piece, heard, Math.min(row.time, piece.to), row.reel, signal);
      }
      heard = Math.max(heard, row.until);
      const { length } = batch;
      const bytes = length > 0 ? row.offset - batch[0].offset : 0;
      const together = length === 0 || (row.reel === batch[0].reel && row.offset === batch[length - 1].offset + batch[length - 1].bytes);
      const full = row.time >= whole || (bytes > BATCH_BYTES && row.time > piece.from);
      // what lies before a piece is placed by how much of it there is: that goes together
      if (length > 0 && (!together || full) && (this.sound || row.time > piece.from || !together)) {
        await this.append(piece, batch, row.time, signal);
        batch = [];
        whole = row.time + BATCH_NS;
      }
      batch.push(row);
    }
    const last = batch[batch.length - 1]?.reel;
    if (batch.length > 0) {
      await this.append(piece, batch, piece.to, signal);
    }
    if (this.sound && !plan.grows && piece.to > heard + HOLE_NS) {
      const reel = last || await this.anyReel(piece, signal);
      if (reel) {
        await this.beSilent(piece, heard, piece.to, reel, signal);
      }
    }
  }

  /** A reel of the piece's sound, when none is in it. @param {Planned} piece @param {AbortSignal} signal */
  async anyReel({ lesson, to }, signal) {
    for await (const { reel } of rowsOf(lesson, this.track, 0, () => ({ to, grows: false }), signal)) {
      return reel;
    }
    return null;
  }

  /**
   * Where there is no sound and pictures go on there is silence; where there are none either nothing is, and
   * the player passes over it.
   * @param {Planned} piece @param {number} from @param {number} to lesson time, ns
   * @param {Row['reel']} reel what it sounds like @param {AbortSignal} signal
   */
  async beSilent(piece, from, to, reel, signal) {
    for (let at = from; at < to && !signal.aborted && await this.told.moves(piece.lesson, at, Math.min(to, at + LOOK_AHEAD_NS), signal);) {
      const end = Math.min(to, at + LOOK_AHEAD_NS);
      const init = await persist((one, alive) => initOf(reel, one, alive), signal);
      const rate = timescaleOf(init);
      for (; at < end && !signal.aborted; at = Math.min(end, at + BATCH_NS)) {
        const next = Math.min(end, at + BATCH_NS);
        const tick = ticksOf(at, rate);
        const bytes = silence(init, tick + placeSound(piece, rate).shift, Math.max(1, ticksOf(next, rate) - tick));
        if (!bytes) {
          return;
        }
        await this.room((piece.at + at - piece.from) / 1e9, signal);
        await this.begin(reel, init);
        this.window(piece, rate);
        await this.put(bytes, signal);
      }
    }
  }

  /** Waits until there is need of what is shown then. @param {number} at clip time, seconds @param {AbortSignal} signal */
  async room(at, signal) {
    while (!signal.aborted && at + BEFORE_S > this.element.currentTime + AHEAD_S * Math.max(1, this.element.playbackRate)) {
      await new Promise((done) => setTimeout(done, LOOK_MS));
    }
  }

  /**
   * Fetches and appends rows, when there is need of them.
   * @param {Planned} piece @param {Row[]} rows @param {number} next lesson time, ns
   * @param {AbortSignal} signal
   */
  async append(piece, rows, next, signal) {
    const [{ reel, offset }] = rows;
    const last = rows[rows.length - 1];
    const shown = (piece.at + Math.max(0, rows[0].time - piece.from)) / 1e9;
    await this.room(shown, signal);
    const [init, bytes] = await persist((one, alive) => Promise.all([initOf(reel, one, alive),
      bytesOf(reel.media, { from: offset, to: last.offset + last.bytes }, one, alive)]), signal);
    if (signal.aborted) {
      return;
    }
    await this.begin(reel, init);
    this.place(piece, rows, next, bytes, timescaleOf(init));
    await this.put(bytes, signal);
  }

  /** A reel begins, unless it goes on. @param {Row['reel']} reel @param {Uint8Array<ArrayBuffer>} init */
  async begin(reel, init) {
    const type = typeOf(reel, this.sound);
    if (!this.buffer) {
      this.buffer = this.source.addSourceBuffer(type);
      await this.told.typed();
    } else if (type !== this.type) {
      this.buffer.changeType(type);
      this.init = '';
    }
    this.type = type;
    if (this.init !== reel.init) {
      this.init = reel.init;
      await this.change(() => this.buffer?.appendBuffer(init));
    }
  }

  /** Sound is heard of the piece only. @param {Planned} piece @param {number} rate */
  window(piece, rate) {
    const buffer = /** @type {SourceBuffer} */ (this.buffer);
    const { from, to } = placeSound(piece, rate);
    buffer.appendWindowEnd = Infinity; // first, so that it is never before the begin
    buffer.appendWindowStart = from - EDGE_S;
    buffer.appendWindowEnd = to + EDGE_S;
  }

  /** @param {Planned} piece @param {Row[]} rows @param {number} next @param {Uint8Array} bytes @param {number} timescale */
  place(piece, rows, next, bytes, timescale) {
    const chunk = (/** @type {Row} */ row) => bytes.subarray(row.offset - rows[0].offset);
    if (this.sound) {
      const { shift } = placeSound(piece, timescale);
      for (const row of rows) {
        placeChunk(chunk(row), (readChunk(chunk(row))?.ticks || 0) + shift);
      }
      this.window(piece, timescale);
    } else {
      placePictures(rows, piece, next, timescale).forEach(({ tick, duration }, i) =>
        placeChunk(chunk(rows[i]), tick, duration));
    }
  }

  /** @param {Uint8Array<ArrayBuffer>} bytes @param {AbortSignal} signal */
  async put(bytes, signal) {
    const buffer = /** @type {SourceBuffer} */ (this.buffer);
    for (;;) {
      const old = this.element.currentTime - KEPT_S;
      if (buffer.buffered.length > 0 && buffer.buffered.start(0) < old - KEPT_S) {
        await this.change(() => buffer.remove(0, old));
      }
      try {
        await this.change(() => buffer.appendBuffer(bytes));
        return;
      } catch (error) {
        if (signal.aborted || !(error instanceof DOMException && error.name === 'QuotaExceededError')) {
          throw error;
        }
        await new Promise((done) => setTimeout(done, AGAIN_MS)); // there is room when it has played on
      }
    }
  }
}
