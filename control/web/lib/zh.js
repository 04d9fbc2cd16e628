// SPDX-License-Identifier: GPL-3.0-or-later
// All words of the pages in Chinese. en.js has the same names; tsc holds the two together.

import { clock, span } from './format.js';

/** @param {number} minutes */
function minutesInWords(minutes) {
  if (minutes < 1) {
    return '不到 1 分钟';
  }
  const hours = Math.floor(minutes / 60);
  return hours >= 10 ? `${hours} 小时` : hours > 0 ? `${hours} 小时 ${minutes % 60} 分钟` : `${minutes} 分钟`;
}

export const zh = {
  lang: /** @type {'zh' | 'en'} */ ('zh'),
  locale: 'zh-CN',
  title: 'lectern 录课',
  language: '语言',

  opening: '正在连接服务器…',
  lost: '与服务器的连接已断开。',
  goesOn: '录制不受影响。',
  reconnecting: '正在自动重新连接…',
  asOf: (/** @type {string} */ time) => `以下是 ${time} 时的状态。`,
  noRooms: '还没有教室。录制程序启动后会自动出现在这里。',
  classroom: (/** @type {string} */ id) => (id === 'main' ? '教室' : `教室 ${id}`),

  states: {
    away: '录制程序不在线',
    idle: '可以录制',
    looking: '可以录制',
    recording: '正在录制',
    paused: '录制已暂停',
  },
  away: '录制程序不在线，正在等待它重新启动。',
  awayInLesson: '录制程序中断，正在自动重启；恢复后会继续录这节课，中断的部分会标出。',
  paused: '磁盘已满，录制暂停。请清理磁盘，有空间后会自动继续。',
  sourceIll: (/** @type {string} */ name, /** @type {string} */ state, /** @type {string} */ why) =>
    why ? `${name}${state}：${why}` : `${name}${state}。`,
  openingSources: '正在打开画面与声音…',
  allWell: '一切正常',
  noNews: '连接恢复后会显示最新状态。',
  demo: '演示',
  demoHint: '这里录的是演示画面和声音，不是真实的教室。',

  record: '开始录制',
  starting: '正在开始…',
  stop: '停止录制',
  stopping: '正在保存…',
  askStop: '要结束这节课吗？',
  keepOn: '继续录制',
  confirmStop: '结束录制',
  titleLabel: '课题',
  titleHint: '可以不填',
  untitled: '未命名的课',
  elapsed: '已录时间',
  pressToStart: '按下按钮就开始，不用其他设置。',
  verified: (/** @type {string} */ time) => `已保存并校验至 ${time}`,
  notVerified: '正在保存，几秒后开始校验…',
  saved: (/** @type {string} */ title) => `已保存：${title}`,
  gapsSoFar: (/** @type {number} */ n, /** @type {number} */ s) => `这节课有 ${n} 处中断，共 ${s.toFixed(1)} 秒`,

  disk: '磁盘',
  diskLeft: (/** @type {number | null} */ minutes, /** @type {string} */ free) =>
    minutes === null ? `剩余 ${free}` : `还可录 ${minutesInWords(minutes)}（剩余 ${free}）`,
  diskShort: (/** @type {number} */ minutes) => `磁盘空间不多，只能再录 ${minutesInWords(minutes)}。`,
  size: '大小',

  sources: '画面与声音',
  noSources: '这间教室还没有设置画面或声音的来源。',
  sourceStates: {
    closed: '未打开',
    opening: '正在打开',
    running: '正常',
    'no-signal': '无信号',
    lost: '已断开',
  },
  unknown: '暂时未知',
  still: '画面静止',
  fps: (/** @type {number} */ n) => `${n} 帧/秒`,
  drops: (/** @type {number} */ n) => `丢 ${n} 帧`,
  level: '音量',
  decibels: (/** @type {number} */ db) => (db <= -99 ? '无声' : `${Math.round(db)} 分贝`),
  silent: '听不到声音，请检查话筒。',
  thumb: (/** @type {string} */ name) => `${name}的最近画面`,
  kinds: { camera: '摄像机', screen: '屏幕', sound: '声音' },

  marks: '打点',
  markNow: '打点',
  markLabel: '打点说明',
  markHint: '可以不填，例如：例题 2',
  quickMarks: ['重点', '提问', '实验', '板书'],
  noMarks: '还没有打点。打点可以标记重要时刻，回放时一点就到。',
  markSaving: '正在保存…',
  markSaved: '已保存',
  markFailed: (/** @type {string} */ why) => `没有保存：${why}`,
  markAgain: '重试',
  marked: (/** @type {string} */ label, /** @type {number} */ s) => `已打点：${label} ${clock(s)}`,
  dismiss: '知道了',

  recordings: '录像',
  noRecordings: '还没有录像。录完的课会出现在这里。',
  noRecordingsFound: '无法读取录像列表。',
  more: '显示更多',
  recordingStates: { recording: '正在录制', ended: '完整', interrupted: '曾中断' },
  withGaps: (/** @type {number} */ n) => `${n} 处中断`,
  timeline: (/** @type {string} */ length) => `时间轴，共 ${length}`,
  gap: (/** @type {number} */ from, /** @type {number} */ to, /** @type {string} */ tracks) =>
    `${span(from)} 起中断 ${(to - from).toFixed(1)} 秒（${tracks}）`,
  gapLegend: '斜线部分没有录到',
  play: '播放',
  closePlayer: '收起',
  gone: '这段录像已被删除或移走。',
  download: '下载',
  downloadAll: '全部轨道（一个 MP4 文件）',
  downloadWith: (/** @type {string} */ name) => `${name}＋声音`,
  downloadOne: (/** @type {string} */ name) => `仅${name}`,

  player: (/** @type {string} */ title) => `播放器：${title}`,
  picture: '画面',
  start: '播放',
  pause: '暂停',
  position: '播放位置',
  positionText: (/** @type {number} */ s, /** @type {number} */ all) => `${span(s)}，共 ${span(all)}`,
  back: '后退 10 秒',
  forward: '前进 10 秒',
  speed: '速度',
  mute: '静音',
  unmute: '取消静音',
  full: '全屏',
  jumpTo: (/** @type {string} */ label, /** @type {number} */ s) => `跳到 ${span(s)} ${label}`,
  cannotPlay: '这段录像无法播放。请稍后再按“播放”，或下载后播放。',
};
