// SPDX-License-Identifier: GPL-3.0-or-later
// The editor of a lesson: microlessons are cut out of it.

import { html, useEffect, useRef, useState } from '../../vendor/preact.js';
import { ask, askTagged, faultText } from '../../lib/api.js';
import { clipLength, edlOf, pieceAt } from '../../lib/edit/draft.js';
import { fetchFrames } from '../../lib/edit/look.js';
import { neighbour, silences } from '../../lib/edit/snap.js';
import { exact } from '../../lib/format.js';
import { chooseWords, LanguageProvider, said, startingWords, useWords } from '../../lib/language.js';
import { isSound } from '../../lib/names.js';
import { Languages, Places } from '../head.js';
import { Keys } from '../watch/keys.js';
import { Chapters, ClipHead, Pieces, ClipTabs } from './clips.js';
import { Stage } from './stage.js';
import { Timeline, zoomed } from './timeline.js';
import { useEdit } from './use_edit.js';
import { useKeys } from './use_keys.js';
import { useShow } from './use_show.js';

/** @typedef {import('../../types').EditLesson} EditLesson */
/** @typedef {import('../../types').FaultText} FaultText */
/** @typedef {import('../../types').DraftClip} DraftClip */

const SECOND = 1e9;
const NOTICE_MS = 5000;

/** @param {{ lesson: string }} props */
export function Editor({ lesson: id }) {
  const [t, setWords] = useState(startingWords);
  const [lesson, setLesson] = useState(/** @type {EditLesson | null} */ (null));
  const [fault, setFault] = useState(/** @type {FaultText | null} */ (null));
  useEffect(() => {
    ask('GET', `/items/${encodeURIComponent(id)}`).then(setLesson, (error) => setFault(faultText(error)));
  }, [id]);
  useEffect(() => {
    document.documentElement.lang = t.locale;
    document.title = lesson ? `${lesson.title || id} · ${t.edit.title}` : t.edit.title;
  }, [t, lesson]);
  const why = fault ? said(t, fault) : lesson?.kind === 'clip' ? t.edit.notALesson : lesson?.recording ? t.edit.running : '';
  return html`<${LanguageProvider} value=${t}>
    <div class="edit-box">
      <header class="watch-top">
        <${Places} />
        <h1 class="watch-title"><span class="watch-room">${t.edit.title}</span> <span class="watch-lesson">${lesson?.title || id}</span></h1>
        <${Languages} onLanguage=${(/** @type {'zh' | 'en'} */ lang) => setWords(chooseWords(lang))} />
      </header>
      ${lesson && !why ? html`<${Desk} lesson=${lesson} />` : html`<p class="stage-words" role="status">${why || t.edit.loading}</p>`}
    </div>
  <//>`;
}

/** Words that go away by themselves. */
function useNotice() {
  const [notice, setNotice] = useState('');
  useEffect(() => {
    const timer = setTimeout(() => setNotice(''), NOTICE_MS);
    return () => clearTimeout(timer);
  }, [notice]);
  return { notice, setNotice };
}

/** @param {{ lesson: EditLesson }} props */
function Desk({ lesson }) {
  const t = useWords();
  const edit = useEdit(lesson);
  const length = lesson.duration_ns;
  const show = useShow(lesson);
  const [chosen, setChosen] = useState(0);
  const [picked, setPicked] = useState(-1);
  const [view, setView] = useState({ from: 0, to: length });
  const [selection, setSelection] = useState(/** @type {{ from: number | null, to: number | null }} */ ({ from: null, to: null }));
  const [wave, setWave] = useState(/** @type {import('../../types').Wave | null} */ (null));
  const [snaps, setSnaps] = useState(true);
  const [help, setHelp] = useState(false);
  const { notice, setNotice } = useNotice();
  const saving = useRef(false);
  const clips = edit.draft?.clips || [];
  const index = Math.min(chosen, Math.max(0, clips.length - 1));
  /** @type {DraftClip} */
  const clip = clips[index] || { title: '', pieces: [], chapters: [] };
  const picture = lesson.tracks.map((track) => track.name).find((name) => !isSound(name));
  const here = show.run?.pieces ? show.run.piece : pieceAt(clip, show.at);

  const moments = [...lesson.marks, ...lesson.chapters, ...clip.chapters].map((one) => one.time_ns)
    .concat(clip.pieces.flatMap((piece) => [piece.from_ns, piece.to_ns]), wave ? silences(wave) : [],
      [selection.from, selection.to].flatMap((one) => (one === null ? [] : [one])), [0, length]);

  /** In sight, too. @param {number} ns */
  function go(ns) {
    show.stop();
    show.seek(ns);
    const wide = view.to - view.from;
    if (ns < view.from || ns > view.to) {
      const from = Math.round(Math.min(Math.max(0, ns - wide / 2), length - wide));
      setView({ from, to: from + wide });
    }
  }

  /** By one picture of the track, at its true time. @param {1 | -1} way */
  async function step(way) {
    show.wake();
    if (!picture) {
      go(show.at + (way * SECOND) / 25);
      return;
    }
    try {
      const frames = await fetchFrames(lesson.id, picture, show.at);
      go(neighbour(show.at, frames, way) ?? show.at);
    } catch (error) {
      setNotice(said(t, faultText(error)));
    }
  }

  /** Tells when something makes no sense here. @param {import('../../types').DraftChange} change @param {string} [words] */
  function change(change, words = t.edit.noMore) {
    const changed = edit.change(change);
    if (!changed && edit.mayChange) {
      setNotice(words);
    }
    return changed;
  }

  /** What is selected becomes part of the clip, or is cut out of it. @param {'keep' | 'cut'} what */
  function withRange(what) {
    const { from, to } = selection;
    if (from === null || to === null || from >= to) {
      setNotice(t.edit.needRange);
    } else if (change({ do: what, clip: index, from_ns: from, to_ns: to })) {
      setSelection({ from: null, to: null });
    }
  }

  /** @param {'split' | 'divide'} what */
  function atPiece(what) {
    if (change({ do: what, clip: index, piece: pieceAt(clip, show.at), at_ns: show.at }, t.edit.needPiece) && what === 'divide') {
      setChosen(index + 1);
    }
  }

  function addClip() {
    if (change({ do: 'add', clip: clips.length })) {
      setChosen(clips.length);
    }
  }

  function preview() {
    if (show.run) {
      show.stop();
    } else if (clip.pieces.length > 0) {
      show.playPieces(clip.pieces);
    } else {
      setNotice(t.edit.needPiece);
    }
  }

  /** Its version; '': it was not saved, or deleted since. @param {DraftClip} one */
  async function versionOf(one) {
    try {
      return one.saved ? (await askTagged('GET', `/clips/${one.saved}`)).tag : '';
    } catch (error) {
      if (faultText(error).code === 'not-found') {
        return '';
      }
      throw error;
    }
  }

  /** @param {number[]} which */
  async function save(which) {
    if (saving.current) {
      return; // pressed twice
    }
    saving.current = true;
    try {
      for (const i of which) {
        const one = clips[i];
        const edl = edlOf(one, lesson.id);
        const tag = await versionOf(one);
        if (tag) {
          await askTagged('PUT', `/clips/${one.saved}`, { edl }, tag);
        } else {
          const { id } = await ask('POST', '/clips', { title: one.title || t.edit.clip(i + 1), edl });
          edit.change({ do: 'saved', clip: i, id });
        }
      }
      setNotice(t.edit.saved(which.length));
    } catch (error) {
      setNotice(t.edit.saveFailed(said(t, faultText(error))));
    }
    saving.current = false;
  }

  const toggle = () => (show.run ? show.stop() : show.play(1));
  const toMoment = (/** @type {number} */ way) => {
    const there = neighbour(show.at, moments, way);
    if (there !== undefined) {
      go(there);
    }
  };
  const zoom = (/** @type {number} */ factor) => setView(zoomed(view, factor, Math.min(Math.max(view.from, show.at), view.to), length));
  const acts = {
    toggle, stop: show.stop, play: () => show.play(1), reverse: () => show.play(-1), before: () => step(-1), next: () => step(1),
    secondBack: () => go(show.at - SECOND), secondOn: () => go(show.at + SECOND), momentBefore: () => toMoment(-1), momentAfter: () => toMoment(1),
    markIn: () => setSelection({ from: show.at, to: selection.to !== null && selection.to > show.at ? selection.to : null }),
    markOut: () => setSelection({ from: selection.from !== null && selection.from < show.at ? selection.from : null, to: show.at }),
    keep: () => withRange('keep'), cut: () => withRange('cut'), split: () => atPiece('split'), divide: () => atPiece('divide'), addClip,
    chapter: () => change({ do: 'chapter', clip: index, time_ns: Math.min(show.at, length - 1), title: '' }), preview,
    zoomIn: () => zoom(0.5), zoomOut: () => zoom(2), zoomAll: () => setView({ from: 0, to: length }), undo: edit.undo, redo: edit.redo,
    help: () => setHelp(!help),
  };
  useKeys(acts);

  if (!edit.draft) {
    return html`<p class="stage-words" role="status">${t.edit.loading}</p>`;
  }
  const { history, mayChange } = edit;
  const full = clips.flatMap((one, i) => (one.pieces.length > 0 ? [i] : []));
  return html`
    <${Band} edit=${edit} />
    <div class="edit-desk">
      <div class="edit-sight">
        <${Stage} lesson=${lesson} show=${show} picture=${clip.pieces[here]?.picture} />
        <div class="edit-transport" role="group" aria-label=${t.edit.playLesson}>
          <button type="button" class="act" onClick=${acts.before} title="←">${t.edit.back}</button>
          <button type="button" class="act act-play" onClick=${toggle}>${show.run ? t.edit.stop : t.edit.playLesson}</button>
          <button type="button" class="act" onClick=${acts.next} title="→">${t.edit.forward}</button>
          <button type="button" class="act edit-preview" disabled=${clip.pieces.length === 0} onClick=${preview}>${t.edit.playClip}</button>
          <p class="edit-time"><span class="edit-now">${exact(show.at)}</span> / ${exact(length)}</p>
        </div>
      </div>
      <section class="edit-side">
        <${ClipTabs} draft=${edit.draft} index=${index} mayChange=${mayChange} onChoose=${setChosen} onAdd=${addClip} />
        <${ClipHead} clip=${clip} index=${index} mayChange=${mayChange} change=${change} />
        <${Pieces} lesson=${lesson} clip=${clip} index=${index} mayChange=${mayChange} change=${change} onSeek=${go} picked=${picked} onPick=${setPicked} />
        <${Chapters} lesson=${lesson} clip=${clip} index=${index} mayChange=${mayChange} change=${change} onSeek=${go} />
        <div class="edit-save">
          <button type="button" class="act edit-main" disabled=${!mayChange || clipLength(clip) === 0} onClick=${() => save([index])}>${clip.saved ? t.edit.saveAgain : t.edit.save}</button>
          ${full.length > 1 && html`<button type="button" class="act" disabled=${!mayChange} onClick=${() => save(full)}>${t.edit.saveAll}</button>`}
          <span class=${`edit-keeping edit-keeping-${edit.keeping}`} role="status">${t.edit.keeping[edit.keeping]}</span>
        </div>
      </section>
    </div>
    <p class="edit-notice" role="status">${notice}</p>
    <footer class="edit-foot">
      <div class="edit-acts">
        <button type="button" class="act" disabled=${!mayChange || !history || history.at === 0} onClick=${edit.undo}>${t.edit.undo}</button>
        <button type="button" class="act" disabled=${!mayChange || !history || history.at === history.changes.length} onClick=${edit.redo}>${t.edit.redo}</button>
        <button type="button" class="act" onClick=${acts.markIn}>${t.edit.markIn}</button>
        <button type="button" class="act" onClick=${acts.markOut}>${t.edit.markOut}</button>
        <button type="button" class="act" disabled=${!mayChange} onClick=${acts.keep}>${t.edit.keep}</button>
        <button type="button" class="act" disabled=${!mayChange} onClick=${acts.cut}>${t.edit.cut}</button>
        <button type="button" class="act" disabled=${!mayChange} onClick=${acts.split}>${t.edit.split}</button>
        <button type="button" class="act" disabled=${!mayChange} onClick=${acts.divide}>${t.edit.divide}</button>
        <button type="button" class="act" disabled=${!mayChange} onClick=${acts.chapter}>${t.edit.addChapter}</button>
        <span class="edit-selection">${selection.from !== null && selection.to !== null && t.edit.range(exact(selection.from), exact(selection.to))}</span>
        <span class="edit-zoom">
          <button type="button" class="act" aria-pressed=${snaps} onClick=${() => setSnaps(!snaps)}>${t.edit.snap}</button>
          <button type="button" class="act" onClick=${acts.zoomOut} aria-label=${t.edit.zoomOut} title=${t.edit.zoomOut}>−</button>
          <button type="button" class="act" onClick=${acts.zoomIn} aria-label=${t.edit.zoomIn} title=${t.edit.zoomIn}>+</button>
          <button type="button" class="act" onClick=${acts.zoomAll}>${t.edit.zoomAll}</button>
          <button type="button" class="act" onClick=${acts.help} aria-haspopup="dialog">${t.keys}</button>
        </span>
      </div>
      <${Timeline} lesson=${lesson} clip=${clip} others=${clips.filter((_, i) => i !== index)} at=${show.at} selection=${selection} view=${view}
        moments=${snaps ? moments : []} mayChange=${mayChange} picked=${picked} onView=${setView} onSeek=${go} onPick=${setPicked} onWave=${setWave}
        onSelect=${(/** @type {number} */ from, /** @type {number} */ to) => setSelection({ from, to })}
        onTrim=${(/** @type {number} */ piece, /** @type {number} */ from_ns, /** @type {number} */ to_ns) => change({ do: 'trim', clip: index, piece, from_ns, to_ns })} />
    </footer>
    ${help && html`<${Keys} list=${t.edit.keyList} onClose=${() => setHelp(false)} />`}`;
}

/** What stands in the way of editing. @param {{ edit: ReturnType<typeof useEdit> }} props */
function Band({ edit }) {
  const t = useWords();
  if (edit.keeping === 'changed') {
    return html`<div class="band band-bad" role="alert">${t.edit.changed} <button type="button" class="act" onClick=${() => location.reload()}>${t.edit.reload}</button></div>`;
  }
  if (edit.who === 'other' || edit.who === 'taken') {
    return html`<div class="band band-warn" role="alert">${edit.who === 'taken' ? t.edit.taken : t.edit.other}
      <button type="button" class="act" onClick=${() => edit.takeOver('take')}>${t.edit.takeOver}</button></div>`;
  }
  if (edit.who === 'nobody') {
    return html`<div class="band band-calm" role="status">${t.edit.free}
      <button type="button" class="act" onClick=${() => edit.takeOver('edit')}>${t.edit.editNow}</button></div>`;
  }
  return edit.damaged ? html`<div class="band band-warn" role="alert">${t.edit.damaged}</div>` : null;
}
