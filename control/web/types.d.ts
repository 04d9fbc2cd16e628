// SPDX-License-Identifier: GPL-3.0-or-later
// What the API says (docs/api.yaml), as far as the pages use it. Times end in _ns: nanoseconds.

export interface FaultText {
  code: string;
  en: string;
  zh: string;
}

export type RoomState = 'away' | 'idle' | 'looking' | 'recording' | 'paused';
export type SourceState = 'closed' | 'opening' | 'running' | 'no-signal' | 'lost';

export interface Source {
  spec: string;
  label: string;
  label_zh: string;
  demo: boolean;
  state: SourceState;
  en: string;
  zh: string;
  note_en: string;
  note_zh: string;
  width: number;
  height: number;
  fps: number;
  peak_db: number;
  rms_db: number;
  drops: number;
  rebuilds: number;
  tracks: string[];
}

export interface Status {
  state: Exclude<RoomState, 'away'>;
  lesson: string | null;
  title?: string;
  started?: string;
  elapsed_ns?: number;
  verified_wall?: string;
  bytes?: number;
  marks?: number;
  disk: { free_bytes: number; minutes_left: number; alarm: 'none' | 'low' | 'very-low' | 'full' };
  /** Of a recorder in another building: the lessons that lie on its own disk. */
  here?: { lessons: number; oldest: string | null; removed: number; removed_last: string };
  cpu: { step: number; en: string; zh: string };
  alarms: FaultText[];
  sources: Source[];
  /** small: a small picture for narrow lines is encoded beside it now. */
  tracks: { name: string; small: boolean }[];
}

export interface Room {
  id: string;
  name: string;
  online: boolean;
  /** Who watches it live now. */
  viewers: number;
  /** Everybody may watch it live. */
  public: boolean;
  pushes: Push[];
  state: RoomState;
  status: Status | null;
  /** Why a recorder of another building was refused last, until one is taken. */
  refused: FaultText | null;
}

export interface Push {
  id: string;
  room: string;
  name: string;
  /** Without what is secret of it. */
  address: string;
  picture: 'camera' | 'screen';
  on: boolean;
  state: 'off' | 'ready' | 'connecting' | 'sending' | 'waiting';
  since: string;
  bytes: number;
  bits_per_s: number;
  skips: number;
  fault: FaultText | null;
}

export interface WatchLink {
  id: string;
  room: string;
  expires: string;
  /** Relative to this server. */
  url: string;
}

export interface Track {
  name: string;
  kind: 'camera' | 'screen' | 'sound';
  source: string;
  width: number;
  height: number;
  demo: boolean;
}

export interface Mark {
  time_ns: number;
  label: string;
}

export interface Gap {
  track: string;
  from_ns: number;
  to_ns: number;
}

export interface Chapter {
  time_ns: number;
  title: string;
  /** When a small picture shows it. */
  picture_ns?: number;
}

/** A kept range of a lesson (docs/formats/clip.md). */
export interface Piece {
  lesson: string;
  from_ns: number;
  to_ns: number;
  picture?: { layout: 'single' | 'side' | 'inset'; main: string; other?: string };
}

/** What the screen showed, lesson time; text: all that stands on it, in lines. */
export interface Slide {
  time_ns: number;
  to_ns: number;
  picture_ns: number;
  title: string;
  text: string;
}

/** A lesson or a microlesson, with all that a player needs (GET /api/v1/items/{id}). */
export interface Item {
  id: string;
  kind: 'lesson' | 'clip';
  title: string;
  created: string;
  duration_ns: number;
  chapters: Chapter[];
  subtitles: { lang: string; label: string }[];
  recording: boolean;
  /** Of a lesson. */
  lesson_state?: Recording['state'];
  tracks?: Track[];
  slides?: Slide[];
  marks?: Mark[];
  gaps?: Gap[];
  /** Of a microlesson. */
  pieces?: Piece[];
  sources?: { id: string; title: string; tracks: string[]; missing: boolean }[];
}

export interface Recording {
  id: string;
  room: string;
  title: string;
  state: 'recording' | 'ended' | 'interrupted' | 'copying';
  /** Of a recorder in another building: how far its copy here is. */
  copy?: { complete: boolean; left_bytes: number };
  started: string;
  duration_ns: number;
  bytes: number;
  tracks: Track[];
  gap_count: number;
}

export interface RecordingWhole extends Recording {
  gaps: Gap[];
  marks: Mark[];
}

/** How the page stands to the server. */
export interface Live {
  rooms: Room[] | null;
  link: 'opening' | 'open' | 'lost';
  /** When the rooms were as shown. */
  at: Date;
  /** Counts up when the list of recordings has changed. */
  recordings: number;
  /** Newest first. */
  jobs: Job[];
}

/** A lesson that is wanted on a USB stick. */
export interface Stick {
  item: string;
  title: string;
  created: string;
  state: 'waiting' | 'copying' | 'done';
  asked: string;
  progress?: number;
  fault?: FaultText;
  at?: string;
  file?: string;
}

/** What lectern-worker does, did or has to do. */
export interface Job {
  id: string;
  kind: string;
  state: 'waiting' | 'running' | 'done' | 'failed' | 'cancelled';
  created: string;
  title?: string;
  item?: string;
  preset?: Preset;
  progress?: number;
  left_s?: number;
  held?: boolean;
  cancelling?: boolean;
  result?: { file?: string; bytes?: number; notes?: { en: string; zh: string }[] };
  fault?: FaultText;
}

/** What an item can be exported as, and how it stands with the rules. */
export interface Preset {
  id: string;
  name: { en: string; zh: string };
  about: { en: string; zh: string };
  problems?: { must: boolean; en: string; zh: string }[];
  bytes?: number;
  about_s?: number;
  about_drawn_s?: number;
  direct?: string;
}

/** GET /api/v1/presets; of an item, what can be drawn over its pictures. */
export interface Presets {
  presets: Preset[];
  captions?: { lang: string; label: string }[];
  logo?: boolean;
}

/** A room as its viewers may know it (GET /api/v1/live/{room}). */
export interface LiveRoom {
  room: string;
  name: string;
  state: 'away' | 'idle' | 'recording' | 'paused';
  lesson: string;
  title: string;
  tracks: { name: string; kind: Track['kind'] }[];
  viewers: number;
  /** How many there are. */
  marks: number;
  elapsed_ns: number;
}

/** How a watching page stands to its room. */
export interface Followed {
  room: LiveRoom | null;
  /** none: there is no such room. */
  link: 'opening' | 'open' | 'lost' | 'none';
  /** When the lesson began, on performance.now()'s clock. */
  zeroMs: number;
  /** Why it may not be watched any more: that is the end. */
  refused: FaultText | null;
}

/** What one element shows: a picture, the first one with the sound. */
export interface Pane {
  element: HTMLVideoElement;
  tracks: string[];
}

export type WayKind = 'webrtc' | 'websocket' | 'hls';

/** Why a way was not taken. */
export interface WhyNot {
  kind: WayKind;
  why: 'codec' | 'blocked' | 'refused';
}

/** An open way: it fills its panes until it is closed. */
export interface Way {
  kind: WayKind;
  /** Seconds behind the classroom, as far as can be known here. */
  delay(): Promise<number>;
  /** Counts up while something of what is live comes; left out: this way looks after itself. */
  received?(): Promise<number>;
  /** The same of each picture; left out: no picture ends while the others and the sound go on. */
  pictures?(): Promise<Map<string, number>>;
  close(): void;
}

/** What a way tells who opened it. */
export interface Told {
  /** It ended by itself; called once. */
  lost(): void;
  /** So many seconds were left out, to be live again. */
  skipped(seconds: number): void;
  /** The line does not even carry small pictures; said once. */
  narrow(): void;
}

/** side: next to each other; large: main large, the others small; one: main alone; sound: no picture. */
export interface View {
  layout: 'side' | 'large' | 'one' | 'sound';
  main: string;
}

/** What is looked at: a lesson as it happens (from: null), or from so many seconds of it on. */
export interface Moment {
  lesson: string;
  from: number | null;
  /** When it began, on performance.now()'s clock. */
  beganMs: number;
}

/** A lesson as viewers may know it (GET /api/v1/live/{room}/lesson). */
export interface LiveLesson {
  id: string;
  title: string;
  state: Recording['state'];
  started: string;
  duration_ns: number;
  tracks: LiveRoom['tracks'];
  gaps: Gap[];
  marks: Mark[];
}

/** Which pictures a piece shows; none: all are kept, and who watches chooses. */
export interface DraftPicture {
  layout: 'single' | 'side' | 'inset';
  main: string;
  other?: string;
}

/** lib/edit/draft.js */
export interface DraftPiece {
  lesson: string;
  from_ns: number;
  to_ns: number;
  picture?: DraftPicture;
  fade_in_ns?: number;
  fade_out_ns?: number;
}

/** An opening or closing card: a design and what stands on it. */
export interface DraftCard {
  template: string;
  fields: Record<string, string>;
}

export interface DraftLook {
  opening?: DraftCard;
  closing?: DraftCard;
  logo?: boolean;
}

export interface DraftClip extends DraftLook {
  key: string;
  title: string;
  pieces: DraftPiece[];
  /** In order, at lesson time. */
  chapters: { lesson: string; time_ns: number; title: string }[];
}

/** An edit decision list (docs/formats/clip.md). */
export interface Edl extends DraftLook {
  version: 1;
  pieces: DraftPiece[];
  /** At clip time. */
  chapters?: { time_ns: number; title: string }[];
}

export interface Draft {
  /** Lengths of the lessons on the table. */
  lessons: Record<string, number>;
  clips: DraftClip[];
  /** By a clip's key: which microlesson of the library it is, in which version (ETag). */
  saved: Record<string, { id: string; tag: string }>;
}

/** clip and piece count from 0. */
export type DraftChange =
  | { do: 'lesson'; lesson: string; duration_ns: number }
  | { do: 'keep' | 'cut'; clip: number; lesson: string; from_ns: number; to_ns: number }
  | { do: 'split'; clip: number; piece: number; at_ns: number }
  | { do: 'divide'; clip: number; piece: number; at_ns: number; key: string }
  | { do: 'trim'; clip: number; piece: number; from_ns: number; to_ns: number }
  | { do: 'move'; clip: number; piece: number; to: number }
  | { do: 'remove'; clip: number; piece: number }
  | { do: 'picture'; clip: number; piece: number; picture: DraftPicture | null }
  | { do: 'fade'; clip: number; piece: number; fade_in_ns: number; fade_out_ns: number }
  | { do: 'chapter'; clip: number; lesson: string; time_ns: number; title: string | null }
  | { do: 'title'; clip: number; title: string }
  | { do: 'look'; clip: number; look: DraftLook }
  | { do: 'become'; clip: number; title: string; pieces: DraftPiece[]; chapters: DraftClip['chapters']; look: DraftLook }
  | { do: 'add' | 'drop'; clip: number; key: string };

/** lib/edit/history.js; what stands in DATA/edits. */
export interface KeptEdit {
  version: 1;
  begin: Draft;
  changes: DraftChange[];
  /** How many of the changes count; those behind can be done again. */
  at: number;
  /** What the draft's clips would be saved as, and which microlessons they are; for the server alone. */
  clips?: { clip?: string; edl: Edl }[];
}

/** Pairs of lowest and highest level, evenly (GET …/waveform). */
export interface Wave {
  duration_ns: number;
  from_ns: number;
  to_ns: number;
  peaks: number[];
}

/** A lesson as its editor needs it (GET /api/v1/items/{id}). */
export interface EditLesson {
  id: string;
  kind: 'lesson';
  title: string;
  created: string;
  duration_ns: number;
  recording: boolean;
  metadata: Record<string, any>;
  tracks: Track[];
  gaps: Gap[];
  marks: Mark[];
  chapters: { time_ns: number; title: string }[];
  slides: Slide[];
}

/** A lesson or microlesson in the library's list (GET /api/v1/library). */
export interface LibraryItem {
  id: string;
  kind: 'lesson' | 'clip';
  title: string;
  duration_ns: number;
  created: string;
  state: 'draft' | 'published';
  trashed: string | null;
  cover: { lesson: string; track: string; time_ns: number } | null;
  stage: string;
  subject: string;
  grade: string;
  teachers: string[];
  recording: boolean;
  hits: { time_ns: number | null; kind: 'title' | 'metadata' | 'chapter' | 'mark' | 'slide' | 'subtitle'; text: string;
    picture?: { lesson: string; time_ns: number } }[];
}

/** A part of the list. */
export interface LibraryPart {
  items: LibraryItem[];
  facets: Record<string, { term: string; count: number }[]>;
  total: number;
  next: string | null;
  building: boolean;
  trash_days: number;
}

export interface Collection {
  id: string;
  title: string;
  description: string;
  count: number;
}

/** By field the terms that are offered (GET /api/v1/vocabularies). */
export type Vocabularies = Record<string, { term: string; en?: string }[]>;
