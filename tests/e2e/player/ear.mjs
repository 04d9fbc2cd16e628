// SPDX-License-Identifier: GPL-3.0-or-later
//
// An audio worklet that says at which time of the AudioContext a clap began: the first sample above
// half its level after 200 ms without one.

const LOUD = 0.35;
const REST = 0.2;

class Ear extends AudioWorkletProcessor {
    last = -1;

    process([input]) {
        const sound = input[0] ?? [];
        for (let i = 0; i < sound.length; i++) {
            if (Math.abs(sound[i]) > LOUD) {
                const time = (currentFrame + i) / sampleRate;
                if (time - this.last > REST) {
                    this.port.postMessage(time);
                }
                this.last = time;
            }
        }
        return true;
    }
}

registerProcessor('ear', Ear);
