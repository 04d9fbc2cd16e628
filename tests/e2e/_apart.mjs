// SPDX-License-Identifier: GPL-3.0-or-later
//
// In the page: how far apart two playing elements are, by the clocks in their pictures.

/**
 * Looks for so long at each new picture of either element, and reads both clocks.
 * Returns [{apart (ms, the clock of the first less that of the second), at (s, of the first element)}].
 */
export async function watchApart({ ms, decode }) {
    const decodeClock = new Function('UNITS', 'FIRST', 'BITS', 'BLOCKS', `return ${decode}`)(40, 6, 24, 28);
    const [one, two] = document.querySelectorAll('.pane video');
    const canvas = document.createElement('canvas');
    canvas.width = 40;
    canvas.height = 1;
    const context = canvas.getContext('2d', { willReadFrequently: true });
    context.imageSmoothingEnabled = false;
    const read = (video) => {
        const { videoWidth: width, videoHeight: height } = video;
        context.drawImage(video, 0, height - 1.75 * (width / 40), width, width / 80, 0, 0, 40, 1);
        return decodeClock(context.getImageData(0, 0, 40, 1).data.filter((_, i) => i % 4 === 1));
    };
    const found = [];
    const end = performance.now() + ms;
    const look = () => {
        const codes = [one, two].map(read);
        if (codes.every((code) => code >= 0) && !one.seeking && !two.seeking) {
            found.push({ apart: codes[0] - codes[1], at: one.currentTime });
        }
    };
    const follow = (video) => new Promise((done) => {
        const next = video.requestVideoFrameCallback
            ? (act) => video.requestVideoFrameCallback(act) : (act) => requestAnimationFrame(act); // old Firefox
        const step = () => {
            look();
            if (performance.now() < end) {
                next(step);
            } else {
                done();
            }
        };
        next(step);
        setTimeout(done, ms + 500);
    });
    await Promise.all([follow(one), follow(two)]);
    return found;
}
