// SPDX-License-Identifier: GPL-3.0-or-later
// The types of /vendor/preact.js (files.txt): htm's one file that holds Preact, its hooks and htm,
// because browsers of our floor have no import maps to join three files.
export { html, render, h } from 'htm/preact';
export * from 'preact/hooks';
export { createContext } from 'preact';
