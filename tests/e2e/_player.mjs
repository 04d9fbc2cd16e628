// SPDX-License-Identifier: GPL-3.0-or-later
//
// The player of these tests (player/) as a page of a real server, and a server for lessons that are
// there.
//
//   const served = await serveLesson(lesson);          // of _tape.mjs
//   await openPlayer(page, served);
//   await page.evaluate((x) => player.openPlaylist(x), served.playlist);
//   await served.close();

import { cpSync, mkdirSync, symlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { here, source, temporary } from './_browsers.mjs';
import { start, until, web } from './_page.mjs';

const bin = process.env.LCT_BIN ?? join(source, 'build/bin');

/** A folder of pages: the player, and beside it what the console has from elsewhere. */
export function playerPages() {
    const folder = temporary();
    cpSync(join(here, 'player'), join(folder, 'player'), { recursive: true });
    cpSync(join(web, 'files.txt'), join(folder, 'files.txt'));
    symlinkSync(join(web, 'node_modules'), join(folder, 'node_modules'));
    return folder;
}

/** lectern-server over a data folder in which the lesson lies: {url, code, playlist, close}. */
export async function serveLesson(lesson) {
    const data = join(temporary(), 'data');
    const id = `20260301-080000-${lesson.about.room}-${basename(lesson.folder)}`;
    mkdirSync(join(data, 'lessons'), { recursive: true });
    cpSync(lesson.folder, join(data, 'lessons', id), { recursive: true });
    const args = ['--data', data, '--listen', '127.0.0.1:0', '--web', playerPages(), '--json'];
    const program = start(join(bin, 'lectern-server'), args);
    await until(() => program.out.includes('\n'), 'lectern-server');
    const { url, code } = JSON.parse(program.out.split('\n')[0]);
    return { url, code, playlist: `/live/${lesson.about.room}/index.m3u8`, close: program.close };
}

/** Opens the player's page, signed in if need be. */
export async function openPlayer(page, { url, code = '' }) {
    await page.goto(`${url}player/index.html?code=${code}`);
    await page.waitForFunction('window.player');
}
