// SPDX-License-Identifier: GPL-3.0-or-later
// The page of a lesson or microlesson: watch it, find something in it, make a microlesson of it.

import { html, useEffect, useRef, useState } from '../../vendor/preact.js';
import { ask, faultText } from '../../lib/api.js';
import { fetchEdges, fetchFrame, fetchLast } from '../../lib/edit/look.js';
import { day } from '../../lib/format.js';
import { chooseWords, LanguageProvider, said, startingWords } from '../../lib/language.js';
import { isSound } from '../../lib/names.js';
import { fetchItem, mayChange } from '../../lib/player/item.js';
import { canPlay } from '../../lib/player/pane.js';
import { grow, pieceAt } from '../../lib/player/plan.js';
import { keepPlace, placeOf } from '../../lib/player/resume.js';
import { follow, seenAt } from '../../lib/player/seen.js';
import { cuesAt, fetchCues } from '../../lib/player/subtitles.js';
import { fit, panesOf, picturesOf } from '../../lib/watch/view.js';
import { Download } from '../download.js';
import { Languages, Places } from '../head.js';
import { Subtitles } from './subtitles.js';
import { holes } from '../gap_bar.js';
import { plain, useKeys } from '../use_keys.js';
import { useLate } from '../use_late.js';
import { useMarks } from '../use_marks.js';
import { Keys } from '../keys.js';
import { useQuiet } from '../use_quiet.js';
import { useTick } from '../use_tick.js';
import { Acts, SPEEDS } from './acts.js';
import { Bar } from './bar.js';
import { Clipping } from './clipping.js';
import { CoverHere } from './cover.js';
import { Inside } from './inside.js';
import { Stage } from './stage.js';
import { usePlayer } from './use_player.js';

/** @typedef {import('../../types').View} View */
/** @typedef {import('../../lib/player/item.js').Playable} Playable */
/** @typedef {import('../../lib/player/subtitles.js').Cue} Cue */

const STEP_S = 10;
const SAME_MARK_S = 3; // behind a mark: back means the one before it
const TICK_MS = 250;
const KEEP_MS = 3000;
const GROWS_MS = 2000;
const SAID_MS = 8000;

const idHere = () => decodeURIComponent(location.pathname.split('/')[2] || '');

/** The moment that the address names, in seconds; null: none. */
function momentHere() {
  const t = Number(new URLSearchParams(location.search).get('t') ?? NaN);
  return Number.isFinite(t) && t >= 0 ? t : null;
}

/** How a piece wants its pictures. @param {import('../../types').Piece['picture']} picture @returns {View | null} */
const viewOf = (picture) => (picture ? { main: picture.main,
  layout: /** @type {const} */ ({ single: 'one', side: 'side', inset: 'large' })[picture.layout] } : null);

export function Lesson() {
  const [t, setWords] = useState(startingWords);
  const [id, setId] = useState(idHere);
  const [playable, setPlayable] = useState(/** @type {Playable | null} */ (null));
  const [trouble, setTrouble] = useState(/** @type {import('../../types').FaultText | null} */ (null));
  const [begin, setBegin] = useState({ at: 0, plays: false });
  const [wish, setWish] = useState(/** @type {View} */ ({ layout: 'large', main: '' }));
  const [single, setSingle] = useState(false);
  const [muted, setMuted] = useState(false);
  const [speed, setSpeed] = useState(1);
  const [notice, setNotice] = useState('');
  const [resumed, setResumed] = useState(false);
  const [lang, setLang] = useState('');
  const [cues, setCues] = useState(/** @type {Cue[]} */ ([]));
  const [writes, setWrites] = useState(false); // subtitles
  const closeWriting = useRef(() => {});
  const [subtitles, setSubtitles] = useState(/** @type {import('../../types').Item['subtitles']} */ ([]));
  const [help, setHelp] = useState(false);
  const [may, setMay] = useState(false);
  const box = useRef(/** @type {HTMLElement | null} */ (null));
  const elements = useRef(/** @type {Map<string, HTMLVideoElement>} */ (new Map()));
  const silence = useRef(0);
  const quietly = useRef(false); // that there is no sound has been said
  const quiet = useQuiet();

  /** @param {string} text */
  function say(text) {
    clearTimeout(silence.current);
    silence.current = setTimeout(() => setNotice(''), SAID_MS);
    setNotice(text);
  }

  const marks = useMarks((error) => say(said(t, faultText(error)))); // clip time, nanoseconds

  /* what it is */
  useEffect(() => {
    let current = true;
    setPlayable(null);
    setTrouble(null);
    setCues([]);
    setLang('');
    setWrites(false);
    marks.set();
    mayChange().then((may) => {
      setMay(may);
      return fetchItem(id, may);
    }).then((found) => {
      if (current) {
        const moment = momentHere();
        const kept = moment ?? placeOf(id);
        setBegin((old) => ({ at: old.plays ? 0 : kept, plays: old.plays }));
        setResumed(moment === null && kept > 0);
        setSubtitles(found.item.subtitles);
        setPlayable(found);
      }
    }, (error) => current && setTrouble(faultText(error)));
    return () => {
      current = false;
    };
  }, [id]);
  useEffect(() => {
    const back = () => {
      setBegin({ at: 0, plays: false });
      setId(idHere());
    };
    addEventListener('popstate', back);
    return () => removeEventListener('popstate', back);
  }, []);
  useEffect(() => {
    let current = true;
    setCues([]);
    if (lang && !writes) {
      fetchCues(id, lang).then((found) => current && setCues(found));
    }
    return () => {
      current = false;
    };
  }, [id, lang, writes]);

  /* what is shown of it */
  const item = playable?.item;
  const name = item ? item.title || day(item.created, t.locale) : '';
  const tracks = (playable?.tracks || []).map((track) => ({ name: track }));
  const pictures = picturesOf(tracks);
  const hasSound = tracks.some((track) => isSound(track.name));
  const directed = !!item?.pieces?.some((piece) => piece.picture);
  const wanted = single && wish.layout !== 'sound' ? { layout: /** @type {const} */ ('one'), main: wish.main } : wish;
  const ready = !!playable && playable.missing.length === 0 && canPlay(playable.plan) && playable.plan.length > 0;
  const panes = ready ? panesOf(directed && !single ? { layout: 'large', main: '' } : fit(wanted, pictures, hasSound), tracks) : [];
  const player = usePlayer({ playable: ready ? playable : null, panes, startAt: begin.at, plays: begin.plays, speed, muted,
    element: (track) => /** @type {HTMLVideoElement} */ (elements.current.get(track)),
    single: () => {
      setSingle(true);
      say(t.playsOne);
    },
    skipped: (s) => say(t.passedGap(s)), soundless: () => {
      if (!quietly.current) { // once is enough
        quietly.current = true;
        say(t.soundless);
      }
    } });
  const length = playable ? playable.plan.length / 1e9 : 0;
  const place = player ? player.now() : begin.at;
  const now = playable && ready ? playable.plan.pieces[pieceAt(playable.plan, place * 1e9)] : null;
  const view = fit((!single && viewOf(now?.picture)) || wanted, pictures, hasSound);
  const shown = view.layout === 'one' ? [view.main] : pictures;
  const state = player?.state || 'paused';
  const playing = state === 'playing' || state === 'waiting';

  const late = useLate(state === 'waiting');

  useTick(TICK_MS, playing);
  useEffect(() => elements.current.forEach(follow));
  useEffect(() => {
    document.documentElement.lang = t.locale;
    document.title = name || t.title;
  }, [t, name]);
  useEffect(() => {
    const keep = () => player && player.state !== 'broken' && keepPlace(id, player.state === 'ended' ? 0 : player.now(), player.length);
    const timer = setInterval(keep, KEEP_MS);
    addEventListener('pagehide', keep);
    return () => {
      clearInterval(timer);
      removeEventListener('pagehide', keep);
    };
  }, [player, id]);

  /* while it is recorded */
  const [, redraw] = useState(0);
  useEffect(() => {
    if (!playable?.plan.grows) {
      return undefined;
    }
    const timer = setInterval(() => ask('GET', `/items/${encodeURIComponent(id)}`).then((/** @type {import('../../types').Item} */ found) => {
      grow(playable.plan, found, performance.now());
      playable.item.recording = playable.plan.grows;
      redraw((n) => n + 1);
    }, () => {}), GROWS_MS); // a server that is away is asked again
    return () => clearInterval(timer);
  }, [playable, playable?.plan.grows]);

  /* what can be done */
  const stepped = useRef(/** @type {number | null} */ (null)); // the picture that one stepped to, and nowhere since
  /** @param {number} at */
  function seek(at) {
    stepped.current = null;
    player?.seek(at);
    setResumed(false);
    redraw((n) => n + 1);
  }
  function toggle() {
    setResumed(false);
    if (playing) {
      player?.pause();
    } else {
      player?.play();
    }
  }
  function full() {
    if (document.fullscreenElement) {
      document.exitFullscreen();
    } else if (box.current?.requestFullscreen) {
      box.current.requestFullscreen().catch(() => {}); // a frame may forbid it
    } else {
      /** @type {any} */ (elements.current.get(view.main))?.webkitEnterFullscreen?.(); // iPhones know it for a picture only
    }
  }
  /** @param {number} way */
  function toPoint(way) {
    const points = playable?.points || [];
    const found = way < 0 ? points.filter(({ at }) => at < place - SAME_MARK_S).pop() : points.find(({ at }) => at > place + 0.5);
    if (found) {
      seek(found.at);
    }
  }
  /** Where the last picture of a piece begins; without any the piece. @param {import('../../lib/player/plan.js').Planned} piece */
  async function lastOf(piece) {
    const found = playable?.has(piece.lesson, view.main) ? await fetchLast(piece.lesson, view.main, piece) : undefined;
    return piece.at + (found ?? piece.from) - piece.from;
  }
  /** To the picture behind or before the one that is seen, at its true time. @param {1 | -1} way */
  async function frame(way) {
    const at = here();
    const number = playable ? pieceAt(playable.plan, at * 1e9) : 0;
    const piece = playable?.plan.pieces[number];
    if (!player || !piece || !playable.has(piece.lesson, view.main)) {
      return;
    }
    player.pause();
    const time = Math.round(at * 1e9) - piece.at + piece.from;
    try {
      const found = await fetchFrame(piece.lesson, view.main, time, way, piece.to);
      const isHere = found !== undefined && found >= piece.from && found < piece.to;
      const before = way < 0 && !isHere && playable.plan.pieces[number - 1];
      const to = isHere ? found - piece.from + piece.at : before ? await lastOf(before) : piece.at + (way > 0 ? piece.to - piece.from : 0);
      if (player.state === 'paused' && here() === at) { // nobody has gone elsewhere meanwhile
        seek(to / 1e9);
        stepped.current = Math.round(player.now() * 1e9);
      }
    } catch (error) {
      say(said(t, faultText(error)));
    }
  }
  /** @param {number} by */
  const faster = (by) => setSpeed(SPEEDS[Math.min(SPEEDS.length - 1, Math.max(0, SPEEDS.indexOf(speed) + by))]);
  const here = () => player?.now() || 0;
  /** The picture that is seen is the first or the last one of the microlesson. @param {import('../use_marks.js').Edge} edge */
  function mark(edge) {
    if (!playable || !player) {
      return;
    }
    const at = Math.round(seenAt(player, elements.current.get(view.main)) * 1e9);
    const piece = playable.plan.pieces[pieceAt(playable.plan, at)];
    const clock = Math.round(player.now() * 1e9);
    const there = piece.at - piece.from;
    const hasPicture = view.layout !== 'sound' && playable.has(piece.lesson, view.main);
    const moments = [...playable.points, ...playable.slides].map((one) => Math.round(one.at * 1e9));
    marks.mark(edge, { of: id, at, moments, stepped: stepped.current, length: playable.plan.length }, hasPicture ? async () => {
      const found = await fetchEdges(piece.lesson, view.main, at - there, piece, clock - there);
      return { from: found.from + there, to: found.to + there };
    } : null, (known, { from }) => ({ of: id, from: edge === 'from' ? known.from : from, to: edge === 'to' ? known.to : null }));
  }
  const beginHere = () => mark('from');
  const endHere = () => marks.now().from !== null && mark('to');
  /** @param {string} clip @param {string} title */
  function saved(clip, title) {
    history.pushState(null, '', `/lessons/${clip}`);
    setBegin({ at: 0, plays: true });
    setId(clip);
    say(t.clipSaved(title));
  }
  /** @param {string} written which language */
  function stopWriting(written) {
    setWrites(false);
    setLang(written);
    ask('GET', `/items/${encodeURIComponent(id)}`).then((now) => setSubtitles(now.subtitles), () => {}); // as before then
  }
  const acts = { toggle, full, back: () => seek(here() - STEP_S), forward: () => seek(here() + STEP_S), mute: () => setMuted(!muted),
    help: () => setHelp(!help),
    swap: () => pictures.length > 1 && setWish({ ...wanted, main: pictures[(pictures.indexOf(view.main) + 1) % pictures.length] }) };
  useKeys(plain({ ' ': toggle, k: toggle, j: acts.back, l: acts.forward, arrowleft: acts.back, arrowright: acts.forward,
    ',': () => frame(-1), '.': () => frame(1), '，': () => frame(-1), '。': () => frame(1),
    '[': () => toPoint(-1), ']': () => toPoint(1), '【': () => toPoint(-1), '】': () => toPoint(1),
    '<': () => faster(-1), '>': () => faster(1), '《': () => faster(-1), '》': () => faster(1),
    i: beginHere, o: endHere, c: () => setLang(lang ? '' : subtitles[0]?.lang || ''), s: acts.swap, m: acts.mute, f: full,
    '?': acts.help, '？': acts.help }));

  const words = trouble ? (trouble.code === 'not-found' ? t.noItem : said(t, trouble))
    : !playable ? t.opening
      : playable.missing.length > 0 ? t.lessonMissing(playable.missing.filter(Boolean).join(t.lang === 'zh' ? '、' : ', '))
        : !canPlay(playable.plan) ? t.browserTooOld
          : state === 'broken' ? t.cannotPlay : '';
  const gaps = holes(playable?.gaps || []).length;
  const whatItIs = !item ? '' : item.kind === 'clip' ? t.clip : item.recording ? t.recordingStates.recording
    : gaps > 0 ? t.withGaps(gaps) : t.recordingStates.ended;
  return html`<${LanguageProvider} value=${t}>
    <div class=${`watch-box lesson-box${quiet ? ' is-quiet' : ''}`} ref=${box}>
      <header class="watch-top">
        ${may && html`<${Places} />`}
        <h1 class="watch-title"><span class="watch-room">${name || t.opening}</span>
          ${whatItIs && html` <span class="watch-lesson">${whatItIs}</span>`}</h1>
        ${may && ready && !item?.recording && html`<button type="button" class="act" aria-pressed=${writes}
          onClick=${() => (writes ? closeWriting.current() : setWrites(true))}>${t.writing.open}</button>`}
        ${may && item && html`<${Download} kind="act" name=${name}
          recording=${{ id, tracks: item.tracks || [], state: item.recording ? 'recording' : 'ended' }} />`}
        ${may && item && !item.recording && html`<a class="act lesson-edit" href=${`/edit/${id}`}>${t.edit.title}</a>`}
        <${Languages} onLanguage=${(/** @type {'zh' | 'en'} */ next) => setWords(chooseWords(next))} />
      </header>
      <div class="lesson-body">
        <${Stage} view=${view} panes=${panes} shown=${shown} state=${state} words=${words} notice=${notice || (late ? t.comesLate : '')}
          cues=${cuesAt(cues, place).map(({ text }) => text)} elements=${elements.current} onPlay=${toggle}
          onMain=${(/** @type {string} */ main) => setWish({ ...wanted, main })} />
        ${playable && writes && html`<${Subtitles} id=${id} name=${name} languages=${subtitles} first=${lang} place=${place} here=${here}
          onSeek=${seek} onToggle=${toggle} onCues=${setCues} onClose=${stopWriting} close=${closeWriting} />`}
        ${playable && !writes && html`<${Inside} playable=${playable} cues=${cues} place=${place} onSeek=${seek} />`}
      </div>
      <footer class="watch-foot">
        ${ready && playable && html`<${Bar} playable=${playable} place=${place} length=${length} part=${marks.part}
          picture=${pictures.find((one) => one.startsWith('screen')) || pictures[0] || ''} onSeek=${seek} />`}
        ${resumed && html`<p class="resumed" role="status">${t.resumedAt(begin.at)}
          <button type="button" class="act" onClick=${() => seek(0)}>${t.fromStart}</button></p>`}
        <${Acts} playing=${playing} idle=${!player} muted=${muted} speed=${speed} view=${view} pictures=${directed && !single ? [] : pictures} hasSound=${hasSound}
          subtitles=${subtitles} lang=${lang} acts=${acts} onSpeed=${setSpeed} onView=${setWish} onLang=${setLang}>
          ${ready && playable && may && html`<${Clipping} playable=${playable} name=${name} marks=${marks} onBegin=${beginHere} onEnd=${endHere} onSaved=${saved} />`}
          ${player && playable && may && pictures.length > 0 && html`<${CoverHere} playable=${playable} track=${view.main || pictures[0]} here=${here} onSaid=${say} />`}
        <//>
      </footer>
      ${help && html`<${Keys} list=${t.lessonKeys} onClose=${() => setHelp(false)} />`}
    </div>
  <//>`;
}
