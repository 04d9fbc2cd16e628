// SPDX-License-Identifier: GPL-3.0-or-later
// The types of /vendor/hls.js (files.txt).
export { default } from 'hls.js';
