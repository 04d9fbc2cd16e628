// SPDX-License-Identifier: GPL-3.0-or-later
// The editor: microlessons are cut out of a lesson, and of others beside it; one that was saved is edited again.

import { html, useEffect, useRef, useState } from '../../vendor/preact.js';
import { ask, faultText, playUrl } from '../../lib/api.js';
import { clipLength, newKey, pieceAt } from '../../lib/edit/draft.js';
import { fetchChanges, fetchClip, fetchLesson, saveClip, saveTitle } from '../../lib/edit/library.js';
import { fetchEdges, fetchFrame } from '../../lib/edit/look.js';
import { neighbour, silences } from '../../lib/edit/snap.js';
import { exact } from '../../lib/format.js';
import { chooseWords, LanguageProvider, said, startingWords, useWords } from '../../lib/language.js';
import { isSound } from '../../lib/names.js';
import { Languages, Places } from '../head.js';
import { useKeys } from '../use_keys.js';
import { useMarks } from '../use_marks.js';
import { Keys } from '../keys.js';
import { Cards } from './cards.js';
import { Chapters, ClipHead, Pieces, ClipTabs } from './clips.js';
import { actOf } from './keys.js';
import { Stage } from './stage.js';
import { Table } from './table.js';
import { Timeline, zoomed } from './timeline.js';
import { useEdit } from './use_edit.js';
import { useLessons } from './use_lessons.js';
import { useShow } from './use_show.js';
import { Versions } from './versions.js';

/** @typedef {import('../../types').EditLesson} EditLesson */
/** @typedef {import('../../types').FaultText} FaultText */
/** @typedef {import('../../types').DraftClip} DraftClip */
/** @typedef {import('../../lib/edit/library.js').Opened} Opened */

const SECOND = 1e9;
const NOTICE_MS = 5000;

/**
 * The lesson of the address; of a microlesson the first that is there of those it is made of.
 * @param {string} id
 * @returns {Promise<{ lesson: EditLesson | null, clip: Opened | null }>} lesson null: they are gone
 */
async function fetchDesk(id) {
  const item = await ask('GET', `/items/${encodeURIComponent(id)}`);
  if (item.kind !== 'clip') {
    return { lesson: item, clip: null };
  }
  const there = item.sources.find((/** @type {{ missing: boolean }} */ one) => !one.missing);
  return { lesson: there ? await fetchLesson(there.id) : null, clip: await fetchClip(id, item.title) };
}

/** @param {{ id: string }} props a lesson or a microlesson */
export function Editor({ id }) {
  const [t, setWords] = useState(startingWords);
  const [desk, setDesk] = useState(/** @type {Awaited<ReturnType<typeof fetchDesk>> | null} */ (null));
  const [fault, setFault] = useState(/** @type {FaultText | null} */ (null));
  useEffect(() => {
    fetchDesk(id).then(setDesk, (error) => setFault(faultText(error)));
  }, [id]);
  const lesson = desk?.lesson;
  const name = (desk?.clip || lesson)?.title || id;
  useEffect(() => {
    document.documentElement.lang = t.locale;
    document.title = `${name} · ${t.edit.title}`;
  }, [t, name]);
  const why = fault ? said(t, fault) : desk && !lesson ? t.lessonMissing('') : lesson?.recording ? t.edit.running : '';
  return html`<${LanguageProvider} value=${t}>
    <div class="edit-box">
      <header class="watch-top">
        <${Places} />
        <h1 class="watch-title"><span class="watch-room">${t.edit.title}</span> <span class="watch-lesson">${name}</span></h1>
        <${Languages} onLanguage=${(/** @type {'zh' | 'en'} */ lang) => setWords(chooseWords(lang))} />
      </header>
      ${lesson && !why ? html`<${Desk} home=${lesson} opened=${desk.clip} />` : html`<p class="stage-words" role="status">${why || t.edit.loading}</p>`}
    </div>
  <//>`;
}

/** What of a lesson is marked. @param {import('../use_marks.js').Part} part @param {string} lesson */
const ofLesson = (part, lesson) => (part.of === lesson ? part : { from: null, to: null });

/** Words that go away by themselves. */
function useNotice() {
  const [notice, setNotice] = useState('');
  useEffect(() => {
    const timer = setTimeout(() => setNotice(''), NOTICE_MS);
    return () => clearTimeout(timer);
  }, [notice]);
  return { notice, setNotice };
}

/** @param {{ home: EditLesson, opened: Opened | null }} props opened: a microlesson that shall be edited */
function Desk({ home, opened }) {
  const t = useWords();
  const edit = useEdit(home);
  const lessons = useLessons(home, edit.draft?.lessons || {});
  const show = useShow(lessons, home.id);
  const lesson = lessons[show.lesson];
  const length = lesson.duration_ns;
  const [chosen, setChosen] = useState(0);
  const [picked, setPicked] = useState(-1);
  const [views, setViews] = useState(/** @type {Record<string, import('./timeline.js').View>} by lesson */ ({}));
  const [heard, setHeard] = useState(/** @type {{ lesson: string, wave: import('../../types').Wave | null }} */ ({ lesson: '', wave: null }));
  const [snaps, setSnaps] = useState(true);
  const [help, setHelp] = useState(false);
  const [looksAt, setLooksAt] = useState(/** @type {'' | 'versions'} */ (''));
  const [clash, setClash] = useState(''); // the key of the clip that somebody else has saved, too
  const { notice, setNotice } = useNotice();
  const marks = useMarks((error) => setNotice(said(t, faultText(error))));
  const saving = useRef(false);
  const [busy, setBusy] = useState(false); // the same, as it is seen
  const clips = edit.draft?.clips || [];
  const clashAt = clips.findIndex(({ key }) => key === clash);
  const index = Math.min(chosen, Math.max(0, clips.length - 1));
  /** @type {DraftClip} */
  const clip = clips[index] || { key: '', title: '', pieces: [], chapters: [] };
  const saved = edit.draft?.saved[clip.key];
  const seen = show.run?.pieces ? show.run.pieces[show.run.piece] : clip.pieces[pieceAt(clip, lesson.id, show.at)];
  const pictures = lesson.tracks.map((track) => track.name).filter((name) => !isSound(name));
  const picture = pictures.find((name) => name === seen?.picture?.main) || pictures[0];
  const view = views[lesson.id] || { from: 0, to: length };
  const setView = (/** @type {import('./timeline.js').View} */ next) => setViews({ ...views, [lesson.id]: next });
  const selection = ofLesson(marks.part, lesson.id);

  const wave = heard.lesson === lesson.id ? heard.wave : null;
  const fixed = [...lesson.marks, ...lesson.chapters, ...lesson.slides, ...clip.chapters.filter((one) => one.lesson === lesson.id)].map((one) => one.time_ns)
    .concat(clip.pieces.flatMap((piece) => (piece.lesson === lesson.id ? [piece.from_ns, piece.to_ns] : [])), wave ? silences(wave) : [], [0, length]);
  const moments = fixed.concat([selection.from, selection.to].flatMap((one) => (one === null ? [] : [one])));

  /** A clip becomes this version of a microlesson. @param {string} key @param {string} title @param {import('../../types').Edl} edl */
  async function become(key, title, edl) {
    const changes = await fetchChanges(edit.latest, key, title, edl);
    return changes.every((one) => edit.change(one));
  }

  /** The microlesson that was asked for is here already, or comes out of the library. @param {Opened} asked when the page was */
  async function openClip({ id, title }) {
    const wanted = await fetchClip(id, title);
    const draft = edit.latest();
    const known = draft.clips.findIndex(({ key }) => draft.saved[key]?.id === wanted.id);
    const free = draft.clips.findIndex(({ key, title, pieces }) => !draft.saved[key] && !title && pieces.length === 0);
    const at = known >= 0 ? known : free >= 0 ? free : draft.clips.length;
    if (known < 0 || draft.saved[draft.clips[known].key].tag !== wanted.tag) {
      if (at === draft.clips.length && !edit.change({ do: 'add', clip: at, key: newKey() })) {
        setNotice(t.edit.noMore);
        return;
      }
      const { key } = edit.latest().clips[at];
      if (await become(key, wanted.title, wanted.edl)) {
        edit.note(key, { id: wanted.id, tag: wanted.tag });
        setNotice(known >= 0 ? t.edit.newer : '');
      }
    }
    setChosen(at);
    go(edit.latest().clips[at].pieces[0]?.from_ns || 0);
  }
  const taken = useRef(/** @type {Opened | null} */ (null)); // once: who takes the editing back goes on with what is here
  useEffect(() => {
    if (opened && edit.mayChange && opened !== taken.current) {
      taken.current = opened;
      openClip(opened).catch((error) => setNotice(said(t, faultText(error))));
    }
  }, [opened, edit.mayChange]);

  const stepped = useRef(/** @type {number | null} */ (null)); // the picture that one stepped to, and nowhere since
  /** In sight, too. @param {number} ns @param {string} [of] of which lesson */
  function go(ns, of = lesson.id) {
    if (!lessons[of]) {
      return; // it is not here yet
    }
    const [all, part] = [lessons[of].duration_ns, views[of] || { from: 0, to: lessons[of].duration_ns }];
    const wide = part.to - part.from;
    stepped.current = null;
    show.stop();
    show.seek(ns, of);
    if (ns < part.from || ns > part.to) {
      const from = Math.round(Math.min(Math.max(0, ns - wide / 2), all - wide));
      setViews({ ...views, [of]: { from, to: from + wide } });
    }
  }

  /** By one picture of the track, at its true time. @param {1 | -1} way */
  async function step(way) {
    show.wake();
    const { lesson: of, at } = show.stop(picture);
    if (!picture) {
      go(at + (way * SECOND) / 25, of);
      return;
    }
    try {
      const found = await fetchFrame(of, picture, at, way, lessons[of].duration_ns);
      if (found !== undefined && show.isAt(at, of)) { // nobody has gone elsewhere meanwhile
        go(found, of);
        stepped.current = found;
      }
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

  /** What is seen is the first or the last picture of what is selected. @param {import('../use_marks.js').Edge} edge */
  function mark(edge) {
    const { lesson: of, at, clock } = show.here(picture);
    const all = { from: 0, to: lessons[of].duration_ns };
    marks.mark(edge, { of, at, moments: of === lesson.id ? fixed : [], stepped: stepped.current, length: all.to },
      picture ? () => fetchEdges(of, picture, at, all, clock) : null,
      (known, { from, to }) => (edge === 'from' ? { of, from: known.from, to: to !== null && to > known.from ? to : null }
        : { of, from: from !== null && from < known.to ? from : null, to: known.to }));
  }

  /** What is selected becomes part of the clip, or is cut out of it. @param {'keep' | 'cut'} what */
  const withRange = (what) => marks.take((part) => {
    const { from, to } = ofLesson(part, lesson.id);
    if (from === null || to === null || from >= to) {
      setNotice(t.edit.needRange);
      return false;
    }
    return change({ do: what, clip: index, lesson: lesson.id, from_ns: from, to_ns: to });
  });

  function split() {
    const { lesson: of, at } = show.here(picture);
    change({ do: 'split', clip: index, piece: pieceAt(clip, of, at), at_ns: at }, t.edit.needPiece);
  }

  function divide() {
    const { lesson: of, at } = show.here(picture);
    if (change({ do: 'divide', clip: index, piece: pieceAt(clip, of, at), at_ns: at, key: newKey() }, t.edit.needPiece)) {
      setChosen(index + 1);
    }
  }

  function addClip() {
    if (change({ do: 'add', clip: clips.length, key: newKey() })) {
      setChosen(clips.length);
    }
  }

  /** @param {string} id @param {number} duration_ns */
  async function addLesson(id, duration_ns) {
    if (change({ do: 'lesson', lesson: id, duration_ns })) {
      setWanted(id);
    }
  }
  const [wanted, setWanted] = useState(''); // a lesson that is shown as soon as it is there
  useEffect(() => {
    if (lessons[wanted]) {
      go(0, wanted);
      setWanted('');
    }
  }, [wanted, lessons]);

  function preview() {
    const there = clip.pieces.filter((one) => lessons[one.lesson]?.tracks.length > 0);
    if (show.run) {
      show.stop();
    } else if (there.length > 0) {
      show.playPieces(there.length < clip.pieces.length ? there : clip.pieces);
    } else {
      setNotice(t.edit.needPiece);
    }
  }

  /** @param {string[]} which their keys @param {boolean} [over] whatever somebody else has saved */
  async function save(which, over = false) {
    if (saving.current) {
      return; // pressed twice
    }
    saving.current = true;
    setBusy(true);
    setClash('');
    let key = '';
    try {
      for (key of which) {
        const at = edit.latest().clips.findIndex((each) => each.key === key);
        const one = edit.latest().clips[at];
        if (!one) {
          continue; // it was deleted meanwhile
        }
        const title = one.title || t.edit.clip(at + 1);
        const now = await saveClip(one, title, edit.latest().saved[one.key], over);
        edit.note(one.key, now);
        await saveTitle(now.id, title);
      }
      setNotice(t.edit.saved(which.length));
    } catch (error) {
      if (faultText(error).code === 'changed') {
        setClash(key);
      } else {
        setNotice(t.edit.saveFailed(said(t, faultText(error))));
      }
    }
    saving.current = false;
    setBusy(false);
  }

  /** What somebody else has saved, instead of what is here. */
  async function takeTheirs() {
    const { key, title } = clips[clashAt];
    try {
      const theirs = await fetchClip(edit.latest().saved[key].id, title);
      if (await become(key, title, theirs.edl)) {
        edit.note(key, { id: theirs.id, tag: theirs.tag });
        setClash('');
      }
    } catch (error) {
      setNotice(said(t, faultText(error)));
    }
  }

  /** @param {import('../../types').Edl} edl @param {number} version */
  async function takeVersion(edl, version) {
    try {
      if (await become(clip.key, clip.title, edl)) {
        setNotice(t.edit.versionTaken(version));
      }
    } catch (error) {
      setNotice(said(t, faultText(error)));
    }
  }

  function addChapter() {
    const { lesson: of, at } = show.here(picture);
    const time_ns = Math.min(at, lessons[of].duration_ns - 1);
    if (!clip.chapters.some((one) => one.lesson === of && one.time_ns === time_ns)) { // it has a title
      change({ do: 'chapter', clip: index, lesson: of, time_ns, title: '' });
    }
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
    toggle, stop: () => show.stop(), play: () => show.play(1), reverse: () => show.play(-1), before: () => step(-1), next: () => step(1),
    secondBack: () => go(show.at - SECOND), secondOn: () => go(show.at + SECOND), momentBefore: () => toMoment(-1), momentAfter: () => toMoment(1),
    markIn: () => mark('from'), markOut: () => mark('to'),
    keep: () => withRange('keep'), cut: () => withRange('cut'), split, divide, addClip,
    chapter: addChapter, preview,
    zoomIn: () => zoom(0.5), zoomOut: () => zoom(2), zoomAll: () => setView({ from: 0, to: length }), undo: edit.undo, redo: edit.redo,
    help: () => setHelp(!help),
  };
  useKeys((event) => {
    const act = actOf(event);
    return act && acts[act];
  });

  if (!edit.draft) {
    return edit.trouble ? html`<${Band} edit=${edit} />` : html`<p class="stage-words" role="status">${t.edit.loading}</p>`;
  }
  const { history, mayChange } = edit;
  const full = clips.flatMap((one) => (one.pieces.length > 0 ? [one.key] : []));
  return html`
    <${Band} edit=${edit} />
    ${clashAt >= 0 && html`<div class="band band-warn" role="alert">${t.edit.clash(clips[clashAt].title || t.edit.clip(clashAt + 1))}
      <button type="button" class="act" onClick=${takeTheirs}>${t.edit.takeTheirs}</button>
      <button type="button" class="act" onClick=${() => save([clash], true)}>${t.edit.saveOver}</button></div>`}
    <div class="edit-desk">
      <div class="edit-sight">
        <${Stage} lessons=${lessons} show=${show} picture=${seen?.picture} />
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
        <${Pieces} lessons=${lessons} shown=${lesson} clip=${clip} index=${index} mayChange=${mayChange} change=${change} onSeek=${go} picked=${picked} onPick=${setPicked} />
        <${Chapters} lessons=${lessons} clip=${clip} index=${index} mayChange=${mayChange} change=${change} onSeek=${go} />
        ${clip.pieces.length > 0 && html`<${Cards} key=${clip.key} clip=${clip} index=${index} metadata=${(lessons[clip.pieces[0].lesson] || home).metadata}
          title=${clip.title || home.title} mayChange=${mayChange} change=${change} />`}
        <div class="edit-save">
          <button type="button" class="act edit-main" disabled=${!mayChange || busy || clipLength(clip) === 0} onClick=${() => save([clip.key])}>${saved ? t.edit.saveAgain : t.edit.save}</button>
          ${saved && html`<button type="button" class="act" disabled=${!mayChange} aria-haspopup="dialog" onClick=${() => setLooksAt('versions')}>${t.edit.versions}</button>
            <a class="act edit-watch" href=${playUrl(saved.id)}>${t.edit.watch}</a>`}
          ${full.length > 1 && html`<button type="button" class="act" disabled=${!mayChange || busy} onClick=${() => save(full)}>${t.edit.saveAll}</button>`}
          <span class=${`edit-keeping edit-keeping-${edit.keeping}`} role="status">${edit.refusal ? said(t, edit.refusal) : t.edit.keeping[edit.keeping]}</span>
        </div>
      </section>
    </div>
    <p class="edit-notice" role="status">${notice || (show.isBroken ? t.cannotPlay : show.isLate ? t.comesLate : '')}</p>
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
        <${Table} lessons=${lessons} shown=${lesson.id} mayChange=${mayChange} onAdd=${addLesson}
          onShow=${(/** @type {string} */ id) => go(id === lesson.id ? show.at : 0, id)} />
        <span class="edit-zoom">
          <button type="button" class="act" aria-pressed=${snaps} onClick=${() => setSnaps(!snaps)}>${t.edit.snap}</button>
          <button type="button" class="act" onClick=${acts.zoomOut} aria-label=${t.edit.zoomOut} title=${t.edit.zoomOut}>−</button>
          <button type="button" class="act" onClick=${acts.zoomIn} aria-label=${t.edit.zoomIn} title=${t.edit.zoomIn}>+</button>
          <button type="button" class="act" onClick=${acts.zoomAll}>${t.edit.zoomAll}</button>
          <button type="button" class="act" onClick=${acts.help} aria-haspopup="dialog">${t.keys}</button>
        </span>
      </div>
      <${Timeline} key=${lesson.id} lesson=${lesson} clip=${clip} others=${clips.filter((_, i) => i !== index)} at=${show.at} selection=${selection} view=${view}
        moments=${snaps ? moments : []} mayChange=${mayChange} picked=${picked} onView=${setView} onSeek=${go} onPick=${setPicked} onWave=${(/** @type {import('../../types').Wave | null} */ wave) => setHeard({ lesson: lesson.id, wave })}
        onSelect=${(/** @type {number} */ from, /** @type {number} */ to) => marks.set({ of: lesson.id, from, to })}
        onTrim=${(/** @type {number} */ piece, /** @type {number} */ from_ns, /** @type {number} */ to_ns) => change({ do: 'trim', clip: index, piece, from_ns, to_ns })} />
    </footer>
    ${looksAt === 'versions' && saved && html`<${Versions} id=${saved.id} onTake=${takeVersion} onClose=${() => setLooksAt('')} />`}
    ${help && html`<${Keys} list=${t.edit.keyList} onClose=${() => setHelp(false)} />`}`;
}

/** What stands in the way of editing. @param {{ edit: ReturnType<typeof useEdit> }} props */
function Band({ edit }) {
  const t = useWords();
  if (edit.trouble) {
    return html`<div class="band band-bad" role="alert">${said(t, edit.trouble)} <button type="button" class="act" onClick=${edit.open}>${t.edit.again}</button></div>`;
  }
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
