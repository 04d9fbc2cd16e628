// SPDX-License-Identifier: GPL-3.0-or-later
//
// A lesson with two pictures of 30 a second whose clocks agree: the camera of tests/tools/tapemaker.c
// once more as its screen; with chapters and subtitles. scene: 'hd' for 1280 x 720.
//
//   const { id, truth } = addTwo(up);      // below up.data; truth: pictures as ffmpeg decodes them

import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tape from './_tape.mjs';

const CHAPTERS = [{ time_ns: 0, title: '引入' }, { time_ns: 8e9, title: '光的折射' }];
const CUES = 'WEBVTT\n\n00:02.000 --> 00:05.000\n光从空气斜射入水中\n\n00:06.000 --> 00:09.000\n折射角小于入射角\n';

export function addTwo(up, scene = 'reels') {
    const made = tape.makeScene(scene);
    const id = '20260301-080000-main-two0';
    const folder = join(up.data, 'lessons', id);
    mkdirSync(folder, { recursive: true });
    cpSync(made.folder, folder, { recursive: true });
    cpSync(join(folder, 'camera'), join(folder, 'screen'), { recursive: true });
    const file = join(folder, 'lesson.json');
    const about = JSON.parse(readFileSync(file, 'utf8'));
    const camera = about.tracks.find((track) => track.name === 'camera');
    about.tracks.push({ ...camera, id: 9, name: 'screen', kind: 'screen' });
    writeFileSync(file, JSON.stringify({ ...about, id, title: '光的折射', state: 'ended' }));
    writeFileSync(join(folder, 'chapters.json'), JSON.stringify({ version: 1, source: 'person', chapters: CHAPTERS }));
    mkdirSync(join(folder, 'subtitles'));
    writeFileSync(join(folder, 'subtitles', 'zh.vtt'), CUES);
    return { id, folder, truth: tape.truthOf(made, 'camera') };
}
