// SPDX-License-Identifier: GPL-3.0-or-later
// The school's logo: whatever picture this browser shows becomes the PNG that the server takes.

import { ask, exchange } from '../api.js';

const SIDE = 1024; // no card and no picture shows it larger

/** The address of the logo as it is by now. @param {number} version another one: it is fetched anew */
export const logoUrl = (version) => `/api/v1/logo?version=${version}`;

/** As PNG; null: it is no picture. @param {Blob} file @returns {Promise<Blob | null>} */
async function pngOf(file) {
  const url = URL.createObjectURL(file);
  try {
    const image = new Image();
    image.src = url;
    await image.decode();
    const [width, height] = [image.naturalWidth || SIDE, image.naturalHeight || SIDE]; // an SVG may have none
    const scale = Math.min(SIDE / Math.max(width, height), file.type === 'image/svg+xml' ? Infinity : 1);
    const canvas = document.createElement('canvas');
    canvas.width = Math.max(1, Math.round(width * scale));
    canvas.height = Math.max(1, Math.round(height * scale));
    /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d')).drawImage(image, 0, 0, canvas.width, canvas.height);
    return await new Promise((done) => canvas.toBlob(done, 'image/png'));
  } catch {
    return null;
  } finally {
    URL.revokeObjectURL(url);
  }
}

/** False: it is no picture. @param {File} file */
export async function saveLogo(file) {
  const png = await pngOf(file);
  if (png) {
    await exchange('PUT', '/logo', png, { 'Content-Type': 'image/png' });
  }
  return !!png;
}

export const dropLogo = () => ask('DELETE', '/logo');
