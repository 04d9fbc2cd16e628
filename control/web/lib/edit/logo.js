// SPDX-License-Identifier: GPL-3.0-or-later
// The school's logo: whatever picture this browser shows becomes the PNG that the server takes.

import { ask, exchange } from '../api.js';

const SVG = 'image/svg+xml';
const SIDE = 1024; // no card and no picture shows it larger

/** The address of the logo as it is by now. @param {number} version another one: it is fetched anew */
export const logoUrl = (version) => `/api/v1/logo?version=${version}`;

/** An SVG that says only what its shape is gets a size: Firefox would draw nothing. @param {Blob} file */
async function sized(file) {
  const root = file.type === SVG && new DOMParser().parseFromString(await file.text(), SVG).documentElement;
  const shape = root instanceof SVGSVGElement && !root.hasAttribute('width') && !root.hasAttribute('height') ? root.viewBox.baseVal : null;
  if (!root || !shape || !(shape.width > 0 && shape.height > 0)) {
    return file;
  }
  const scale = SIDE / Math.max(shape.width, shape.height);
  root.setAttribute('width', String(shape.width * scale));
  root.setAttribute('height', String(shape.height * scale));
  return new Blob([new XMLSerializer().serializeToString(root)], { type: SVG });
}

/** As PNG; null: it is no picture. @param {Blob} file @returns {Promise<Blob | null>} */
async function pngOf(file) {
  const url = URL.createObjectURL(await sized(file));
  try {
    const image = new Image();
    image.src = url;
    await image.decode();
    const { naturalWidth: width, naturalHeight: height } = image;
    const scale = Math.min(SIDE / Math.max(width, height), file.type === SVG ? Infinity : 1);
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
