// SPDX-License-Identifier: GPL-3.0-or-later
// Which language the pages speak: the one chosen here before, else the browser's, else Chinese.

import { createContext, useContext } from '../vendor/preact.js';
import { en } from './en.js';
import { zh } from './zh.js';

/** @typedef {typeof zh} Words */
/** @typedef {Words['lang']} Lang */

const KEY = 'lectern.language';
const words = { zh, en };

/** @type {import('preact').Context<Words>} */
const Language = createContext(zh);
export const LanguageProvider = Language.Provider;

/** The words of the page's language. */
export const useWords = () => useContext(Language);

/** @returns {Words} */
export function startingWords() {
  const wishes = [...navigator.languages];
  try {
    wishes.unshift(localStorage.getItem(KEY) || '');
  } catch {
    // storage is forbidden: the browser's language it is
  }
  const lang = wishes.map((wish) => wish.slice(0, 2).toLowerCase()).find((wish) => wish in words);
  return words[/** @type {Lang} */ (lang || 'zh')];
}

/** @param {Lang} lang @returns {Words} */
export function chooseWords(lang) {
  try {
    localStorage.setItem(KEY, lang);
  } catch {
    // not remembered then
  }
  return words[lang];
}

/**
 * A text that the server gives in both languages.
 * @param {Words} t
 * @param {{ en: string, zh: string }} text
 */
export const said = (t, text) => text[t.lang];
