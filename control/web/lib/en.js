// SPDX-License-Identifier: GPL-3.0-or-later
// All words of the pages in English.

import { clock, span } from './format.js';

/** @param {number} n @param {string} one @param {string} [many] */
const count = (n, one, many = `${one}s`) => `${n} ${n === 1 ? one : many}`;

/** @param {number} minutes */
function minutesInWords(minutes) {
  if (minutes < 1) {
    return 'less than a minute';
  }
  const hours = Math.floor(minutes / 60);
  return hours >= 10 ? count(hours, 'hour') : hours > 0 ? `${hours} h ${minutes % 60} min` : count(minutes, 'minute');
}

/** @type {import('./language.js').Words} */
export const en = {
  lang: 'en',
  locale: 'en-GB',
  title: 'lectern',
  language: 'Language',

  opening: 'Connecting to the server…',
  lost: 'The connection to the server is lost.',
  goesOn: 'The recording goes on.',
  reconnecting: 'Connecting again by itself…',
  asOf: (time) => `Below is how it was at ${time}.`,
  noRooms: 'There is no room yet. It appears here by itself when its recorder has started.',
  classroom: (id) => (id === 'main' ? 'Classroom' : `Classroom ${id}`),

  states: {
    away: 'Recorder is away',
    idle: 'Ready to record',
    looking: 'Ready to record',
    recording: 'Recording',
    paused: 'Recording is paused',
  },
  away: 'The recorder is away. Waiting for it to start again.',
  awayInLesson: 'The recorder was interrupted and starts again by itself. It then goes on with this lesson, and the gap is shown.',
  paused: 'The disk is full and the recording is paused. Make space; it then goes on by itself.',
  sourceIll: (name, state, why) => (why ? `${name}: ${state}. ${why}` : `${name}: ${state}.`),
  openingSources: 'Opening picture and sound…',
  allWell: 'Everything is well',
  noNews: 'How it is now appears when the connection is back.',
  demo: 'Demo',
  demoHint: 'This records demo pictures and sound, not a real classroom.',

  record: 'Record',
  starting: 'Starting…',
  stop: 'Stop',
  stopping: 'Saving…',
  askStop: 'End this lesson?',
  keepOn: 'Keep recording',
  confirmStop: 'End lesson',
  titleLabel: 'Title',
  titleHint: 'may stay empty',
  untitled: 'Lesson without title',
  elapsed: 'Recorded time',
  pressToStart: 'Press the button to start. There is nothing to set up.',
  verified: (time) => `Saved and verified up to ${time}`,
  notVerified: 'Saving; verification begins in a few seconds…',
  saved: (title) => `Saved: ${title}`,
  gapsSoFar: (n, s) => `This lesson has ${count(n, 'gap')}, ${s.toFixed(1)} s in all`,

  disk: 'Disk',
  diskLeft: (minutes, free) =>
    minutes === null ? `${free} free` : `Space for ${minutesInWords(minutes)} (${free}\u00a0free)`,
  diskShort: (minutes) => `The disk is short of space: ${minutesInWords(minutes)} more can be recorded.`,
  size: 'Size',

  sources: 'Picture and sound',
  noSources: 'No sources of picture or sound are set up for this room yet.',
  sourceStates: {
    closed: 'not open',
    opening: 'opening',
    running: 'good',
    'no-signal': 'no signal',
    lost: 'lost',
  },
  unknown: 'not known now',
  still: 'picture stands still',
  fps: (n) => `${n} fps`,
  drops: (n) => `${count(n, 'picture')} lost`,
  level: 'Level',
  decibels: (db) => (db <= -99 ? 'silent' : `${Math.round(db)} dB`),
  silent: 'Nothing can be heard. Please check the microphone.',
  thumb: (name) => `Latest picture of ${name}`,
  kinds: { camera: 'Camera', screen: 'Screen', sound: 'Sound' },

  marks: 'Marks',
  markNow: 'Mark',
  markLabel: 'What the mark is about',
  markHint: 'may stay empty, for instance: example 2',
  quickMarks: ['Key point', 'Question', 'Experiment', 'Board'],
  noMarks: 'No marks yet. A mark keeps an important moment, one click away when you play the lesson.',
  markSaving: 'Saving…',
  markSaved: 'Saved',
  markFailed: (why) => `Not saved. ${why}`,
  markAgain: 'Try again',
  marked: (label, s) => `Marked: ${label} ${clock(s)}`,
  dismiss: 'OK',

  recordings: 'Recordings',
  noRecordings: 'No recordings yet. Lessons appear here when they are recorded.',
  noRecordingsFound: 'The list of recordings cannot be read.',
  more: 'Show more',
  recordingStates: { recording: 'Recording', ended: 'Complete', interrupted: 'Interrupted' },
  withGaps: (n) => count(n, 'gap'),
  timeline: (length) => `Timeline of ${length}`,
  gap: (from, to, tracks) => `gap of ${(to - from).toFixed(1)} s at ${span(from)} (${tracks})`,
  gapLegend: 'Hatched parts were not recorded',
  play: 'Play',
  closePlayer: 'Close',
  gone: 'This recording was deleted or moved away.',
  download: 'Download',
  downloadAll: 'All tracks (one MP4 file)',
  downloadWith: (name) => `${name} + sound`,
  downloadOne: (name) => `${name} only`,

  player: (title) => `Player: ${title}`,
  picture: 'Picture',
  start: 'Play',
  pause: 'Pause',
  position: 'Position',
  positionText: (s, all) => `${span(s)} of ${span(all)}`,
  back: 'Back 10 s',
  forward: 'Forward 10 s',
  speed: 'Speed',
  mute: 'Mute',
  unmute: 'Unmute',
  full: 'Full screen',
  jumpTo: (label, s) => `Go to ${span(s)} ${label}`,
  cannotPlay: 'This recording cannot be played. Press Play again in a moment, or download it.',

  watch: 'Watch',
  onAir: 'On air',
  viewers: (n) => (n === 1 ? '1 viewer' : `${n} viewers`),
  waiting: 'Waiting for the lesson',
  startsByItself: 'It starts by itself; there is no need to reload.',
  awayForViewers: 'No signal from the classroom for the moment',
  pausedForViewers: 'The recording is paused in the classroom',
  connecting: 'Connecting…',
  noWay: 'It cannot be played for the moment',
  triesAgain: 'Trying again…',
  touchToPlay: 'Press to play',
  soundOnly: 'Sound only',
  makeLarge: (name) => `Make ${name.toLowerCase()} large`,
  viewLarge: 'Large and small',
  viewSide: 'Side by side',
  viewOne: (name) => `${name} only`,
  viewSound: 'Sound only',
  swap: 'Swap',
  ways: { webrtc: 'WebRTC', websocket: 'WebSocket', hls: 'HLS' },
  whyNot: {
    codec: 'This browser has no H.264 over WebRTC.',
    blocked: 'UDP is blocked here.',
    refused: 'The server takes nobody by WebRTC now.',
  },
  comesBy: (way) => `By ${way}`,
  insteadBy: (way) => `It comes by ${way} instead.`,
  delay: 'Delay',
  delayIs: (s) => (s < 1 ? `About ${Math.round(s * 1000)} ms behind` : `About ${s.toFixed(1)} s behind`),
};
