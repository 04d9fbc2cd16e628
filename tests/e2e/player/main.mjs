// SPDX-License-Identifier: GPL-3.0-or-later
import * as player from './player.mjs';

window.player = player;
