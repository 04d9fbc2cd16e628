// SPDX-License-Identifier: GPL-3.0-or-later
// Subtitles written beside the picture: a list of cues that follows it, kept at every change.

import { html, useEffect, useRef, useState } from '../../vendor/preact.js';
import { faultText } from '../../lib/api.js';
import { newKeeper } from '../../lib/edit/keeper.js';
import { said, useWords } from '../../lib/language.js';
import { added, joined, kept, moved, problems, removed, split, typed } from '../../lib/subtitles/cues.js';
import { bring, fileUrl, newStore } from '../../lib/subtitles/store.js';
import { useStay } from '../use_stay.js';

/** @typedef {import('../../lib/subtitles/cues.js').Cue} Cue */
/** @typedef {import('../../lib/edit/keeper.js').Keeping} Keeping */
/** @typedef {{ states: Cue[][], at: number, typing: number }} Past typing: in which cue the last change was typed, -1: it was not */

const STEP_MS = 100;
const LANGS = [{ lang: 'zh', label: '中文' }, { lang: 'en', label: 'English' }];

/** 1:02:03.4 @param {number} ms */
const shortTime = (ms) => `${ms >= 3600000 ? `${Math.floor(ms / 3600000)}:` : ''}${String(Math.floor(ms / 60000) % 60).padStart(2, '0')}:${((ms % 60000) / 1000).toFixed(1).padStart(4, '0')}`;

/** The cues of a language, with what was done to them since it was opened. @param {string} id @param {string} lang */
function useCues(id, lang) {
  const [past, setPast] = useState(/** @type {Past | null} */ (null));
  const [keeping, setKeeping] = useState(/** @type {Keeping} */ ('kept'));
  const [refusal, setRefusal] = useState(/** @type {import('../../types').FaultText | null} */ (null)); // why it is not kept
  const [trouble, setTrouble] = useState(/** @type {import('../../types').FaultText | null} */ (null));
  const latest = useRef(/** @type {Past | null} */ (null));
  const keeper = useRef(/** @type {ReturnType<typeof newKeeper<Cue[]>> | null} */ (null));

  /** @param {Past} next */
  function show(next) {
    latest.current = next;
    setPast(next);
  }

  /** @param {Keeping} now @param {import('../../types').FaultText | null} fault */
  function told(now, fault) {
    setKeeping(now);
    setRefusal(fault);
  }

  /** What the server has now; undo goes back to what was here. */
  async function load() {
    keeper.current?.close();
    const mine = newKeeper(newStore(id, lang), told);
    keeper.current = mine;
    try {
      const cues = (await mine.load()) || [];
      if (keeper.current === mine) { // and not of another language, meanwhile
        const before = latest.current;
        show(before ? { states: [...before.states.slice(0, before.at + 1), cues], at: before.at + 1, typing: -1 } : { states: [cues], at: 0, typing: -1 });
        told('kept', null);
      }
    } catch (error) {
      if (keeper.current === mine) {
        setTrouble(faultText(error));
      }
    }
  }

  useEffect(() => {
    latest.current = null;
    setPast(null);
    setTrouble(null);
    told('kept', null);
    load();
    return () => {
      keeper.current?.close();
      keeper.current = null;
    };
  }, [id, lang]);
  useStay(keeping === 'waiting' || keeping === 'keeping');

  /** @param {Past} next */
  function keep(next) {
    if (next !== latest.current) {
      show(next);
      keeper.current?.keep(() => {
        const { states, at } = /** @type {Past} */ (latest.current);
        return kept(states[at]);
      });
    }
  }

  return {
    cues: past && past.states[past.at],
    keeping,
    refusal,
    trouble,
    mayUndo: !!past && past.at > 0,
    mayRedo: !!past && past.at < past.states.length - 1,
    /** Letters typed into one cue after the other are one change. @param {(cues: Cue[]) => Cue[]} act @param {number} [typing] */
    change(act, typing = -1) {
      const { states, at, typing: before } = /** @type {Past} */ (latest.current);
      const next = act(states[at]);
      if (next !== states[at]) {
        const same = typing >= 0 && typing === before && at > 0;
        keep({ states: [...states.slice(0, same ? at : at + 1), next], at: same ? at : at + 1, typing });
      }
    },
    /** @param {1 | -1} way */
    go(way) {
      const { states, at } = latest.current || { states: [], at: 0 };
      if (at + way in states) {
        keep({ states, at: at + way, typing: -1 });
      }
    },
    load,
  };
}

/**
 * @param {{ id: string, name: string, languages: { lang: string, label: string }[], first: string, place: number, here: () => number,
 *   onSeek: (at: number) => void, onToggle: () => void, onCues: (cues: { from: number, to: number, text: string }[]) => void,
 *   onClose: (lang: string) => void, close: { current: () => void } }} props place and here in seconds, as shown and as it is;
 *   close: is set, and asks first if something would be lost
 */
export function Subtitles({ id, name, languages, first, place, here, onSeek, onToggle, onCues, onClose, close }) {
  const t = useWords();
  const w = t.writing;
  const all = [...languages, ...LANGS.filter(({ lang }) => !languages.some((one) => one.lang === lang))];
  const [lang, setLang] = useState(first || (languages[0] || LANGS[t.lang === 'zh' ? 0 : 1]).lang);
  const [focus, setFocus] = useState(/** @type {{ cue: number, letter: number } | null} */ (null)); // where one shall go on writing
  const [active, setActive] = useState(-1);
  const [notice, setNotice] = useState('');
  const list = useRef(/** @type {HTMLElement | null} */ (null));
  const [leaving, setLeaving] = useState(/** @type {{ go: () => void } | null} */ (null)); // what is done as soon as all is kept
  const [bringing, setBringing] = useState(false); // a file is on its way
  const { cues, keeping, refusal, trouble, mayUndo, mayRedo, change, go, load } = useCues(id, lang);
  const nowMs = Math.round(place * 1000);
  const now = cues ? cues.findIndex(({ from, to }) => from <= nowMs && nowMs < to) : -1;
  const wrong = cues ? cues.map((_, i) => problems(cues, i)) : [];
  const wrongs = wrong.filter((one) => one.length > 0).length;

  useEffect(() => {
    onCues(kept(cues || []).map(({ from, to, text }) => ({ from: from / 1000, to: to / 1000, text })));
  }, [cues]);
  useEffect(() => {
    const box = list.current;
    const row = /** @type {HTMLElement | undefined} */ (box?.children[now]);
    if (box && row && !box.matches(':focus-within')) { // not under somebody's hand
      box.scrollTop = row.offsetTop - box.clientHeight / 3;
    }
  }, [now]);
  useEffect(() => {
    const area = /** @type {HTMLTextAreaElement | null | undefined} */ (focus && list.current?.children[focus.cue]?.querySelector('textarea'));
    if (focus && area) {
      area.focus();
      area.setSelectionRange(focus.letter, focus.letter);
      setFocus(null);
    }
  }, [focus, cues]);

  useEffect(() => {
    if (leaving && keeping === 'kept') {
      leaving.go();
      setLeaving(null);
    }
  }, [leaving, keeping]);
  const asks = !!leaving && (keeping === 'waiting' || keeping === 'changed');
  const question = useRef(/** @type {HTMLElement | null} */ (null));
  useEffect(() => question.current?.scrollIntoView({ block: 'nearest' }), [asks]); // on a phone it stands below
  close.current = () => setLeaving({ go: () => onClose(kept(cues || []).length > 0 ? lang : '') });

  const step = useRef(go);
  step.current = go;
  useEffect(() => {
    /** Also when the cue in which one wrote is gone. @param {KeyboardEvent} event */
    function onUndo(event) {
      const way = !event.ctrlKey && !event.metaKey ? 0 : { z: event.shiftKey ? 1 : -1, y: 1 }[event.key.toLowerCase()] || 0;
      if (way) {
        event.preventDefault();
        step.current(/** @type {1 | -1} */ (way));
      }
    }
    document.addEventListener('keydown', onUndo);
    return () => document.removeEventListener('keydown', onUndo);
  }, []);

  function addHere() {
    const { index } = added(cues || [], here() * 1000);
    change((list) => added(list, here() * 1000).cues);
    setFocus({ cue: index, letter: 0 });
  }

  /** @param {number} i @param {'from' | 'to'} end @param {number} ms */
  const move = (i, end, ms) => change((list) => moved(list, i, end, ms));

  /** @param {number} i @param {number} letter */
  function cut(i, letter) {
    change((list) => split(list, i, letter, here() * 1000));
    setFocus({ cue: i + 1, letter: 0 });
  }

  /** @param {number} i */
  function join(i) {
    const letter = cues?.[i].text.length || 0;
    change((list) => joined(list, i));
    setFocus({ cue: i, letter });
  }

  /** @param {KeyboardEvent} event @param {number} i @param {Cue} cue */
  function onKey(event, i, { from, to }) {
    const area = /** @type {HTMLTextAreaElement} */ (event.target);
    /** @type {Record<string, () => void>} */
    const withAlt = { KeyK: onToggle, KeyI: () => move(i, 'from', here() * 1000), KeyO: () => move(i, 'to', here() * 1000), KeyN: addHere,
      Comma: () => move(i, event.shiftKey ? 'to' : 'from', (event.shiftKey ? to : from) - STEP_MS),
      Period: () => move(i, event.shiftKey ? 'to' : 'from', (event.shiftKey ? to : from) + STEP_MS),
      ArrowUp: () => setFocus({ cue: i - 1, letter: 0 }), ArrowDown: () => setFocus({ cue: i + 1, letter: 0 }) };
    const act = event.isComposing ? undefined // a word of Chinese is not finished
      : event.altKey ? withAlt[event.code]
        : event.key === 'Enter' && !event.shiftKey ? () => cut(i, area.selectionStart)
          : event.key === 'Backspace' && i > 0 && area.selectionEnd === 0 ? () => join(i - 1)
            : event.key === 'Delete' && area.selectionStart === area.value.length ? () => join(i) : undefined;
    if (act) {
      event.preventDefault();
      event.stopPropagation();
      act();
    }
  }

  /** @param {HTMLInputElement} input */
  async function bringFile(input) {
    const file = input.files?.[0];
    if (file) {
      setBringing(true);
      try {
        const { cues: count, left_out: out, left_out_lines: lines } = await bring(id, lang, file);
        await load();
        setNotice(out > 0 ? w.broughtPart(count, out, lines.join(', ')) : w.brought(count));
      } catch (error) {
        setNotice(said(t, faultText(error)));
      }
      setBringing(false);
    }
    input.value = '';
  }

  return html`<aside class="writing" aria-label=${w.open}>
    <div class="writing-head">
      <label><span class="unseen">${w.language}</span><select disabled=${bringing} onChange=${(/** @type {any} */ event) => {
        const chosen = event.target.value;
        event.target.value = lang; // until it is so
        setLeaving({ go: () => setLang(chosen) });
      }}>
        ${all.map((one) => html`<option value=${one.lang} selected=${one.lang === lang}>${one.label}</option>`)}</select></label>
      <button type="button" class="act" disabled=${!cues} title="Alt+N" onClick=${addHere}>+ ${w.add}</button>
      <button type="button" class="act" disabled=${!mayUndo} onClick=${() => go(-1)}>${t.edit.undo}</button>
      <button type="button" class="act" disabled=${!mayRedo} onClick=${() => go(1)}>${t.edit.redo}</button>
      <button type="button" class="act writing-close" onClick=${() => close.current()}>${t.closePlayer}</button>
    </div>
    <div class="writing-head">
      <label class="act writing-bring">${w.bring}<input type="file" class="unseen" disabled=${bringing || keeping !== 'kept'} accept=".vtt,.srt,.txt,text/vtt" onChange=${(/** @type {any} */ event) => bringFile(event.target)} /></label>
      ${(/** @type {const} */ (['srt', 'vtt'])).map((as) => html`<a class="act lesson-edit" aria-disabled=${!cues?.length} download=${`${name}.${lang}.${as}`}
        href=${cues?.length ? fileUrl(id, lang, as) : undefined}>${w.save(as.toUpperCase())}</a>`)}
    </div>
    <p class="writing-words" role="status">${[refusal ? said(t, refusal) : t.edit.keeping[keeping], wrongs > 0 && w.wrongs(wrongs), notice].filter(Boolean).join(' · ')}
      ${keeping === 'changed' && html` <button type="button" class="act" onClick=${load}>${w.load}</button>`}</p>
    ${asks && html`<div class="band band-warn leaving" role="alert" ref=${question}>${t.library.notSaved}
      <button type="button" class="act" onClick=${() => setLeaving(null)}>${t.library.stay}</button>
      <button type="button" class="act" onClick=${() => {
        leaving?.go();
        setLeaving(null);
      }}>${t.library.discard}</button></div>`}
    ${trouble && html`<p class="clip-bad" role="alert">${said(t, trouble)}</p>`}
    ${cues?.length === 0 && html`<p class="writing-words">${w.none}</p>`}
    <ol class="writing-list" ref=${list}>${cues?.map((cue, i) => html`<li key=${i} class=${`cue${i === now ? ' cue-now' : ''}`} aria-current=${i === now ? 'true' : undefined}>
      <button type="button" class="cue-time" onClick=${() => onSeek(cue.from / 1000)}>${shortTime(cue.from)}<br />${shortTime(cue.to)}</button>
      <textarea rows=${Math.max(1, cue.text.split('\n').length)} maxlength="500" aria-label=${w.text(i + 1)} value=${cue.text} disabled=${keeping === 'changed' || bringing}
        aria-describedby=${wrong[i].length > 0 ? `cue-wrong-${i}` : undefined}
        onFocus=${() => setActive(i)} onKeyDown=${(/** @type {KeyboardEvent} */ event) => onKey(event, i, cue)}
        onInput=${(/** @type {any} */ event) => change((list) => typed(list, i, event.target.value), i)}></textarea>
      ${wrong[i].length > 0 && html`<p class="cue-wrong" id=${`cue-wrong-${i}`}>${wrong[i].map((one) => w.problems[one]).join(' ')}</p>`}
      ${active === i && keeping !== 'changed' && html`<div class="cue-acts">
        <button type="button" class="act" title="Alt+I" onClick=${() => move(i, 'from', here() * 1000)}>${w.beginHere}</button>
        <button type="button" class="act" title="Alt+O" onClick=${() => move(i, 'to', here() * 1000)}>${w.endHere}</button>
        <button type="button" class="act" disabled=${i === cues.length - 1} title="Delete" onClick=${() => join(i)}>${w.join}</button>
        <button type="button" class="act" onClick=${() => change((list) => removed(list, i))}>${t.edit.remove}</button>
      </div>`}
    </li>`)}</ol>
    <details class="writing-keys"><summary>${t.keys}</summary><dl>${w.keyList.map(([key, does]) => html`<div><dt><kbd>${key}</kbd></dt><dd>${does}</dd></div>`)}</dl></details>
  </aside>`;
}
