// SPDX-License-Identifier: GPL-3.0-or-later
//
// In the page: how far apart two playing elements are, by the clocks in their pictures.

/**
 * Looks for so long at each new picture of either element, and reads both clocks; three times as long
 * where there are less than least. The first is read before and after the second: where it stood still
 * meanwhile, both were on the screen at one moment, and only such looks count. Returns [{apart (ms, the clock of the first less that of the second),
 * late (the elements' own times are no more than a picture apart: what is more is a picture that came late)}].
 */
export async function watchApart({ ms, decode, least = 0 }) {
    const decodeClock = new Function('UNITS', 'FIRST', 'BITS', 'BLOCKS', `return ${decode}`)(40, 6, 24, 28);
    const [one, two] = document.querySelectorAll('.pane video');
    const canvas = document.createElement('canvas');
    canvas.width = 40;
    canvas.height = 3;
    const context = canvas.getContext('2d', { willReadFrequently: true });
    context.imageSmoothingEnabled = false;
    const found = [];
    const begun = performance.now();
    const isOver = () => performance.now() - begun > (found.length < least ? 3 * ms : ms);
    const look = () => {
        [one, two, one].forEach((video, i) => {
            const { videoWidth: width, videoHeight: height } = video;
            context.drawImage(video, 0, height - 1.75 * (width / 40), width, width / 80, 0, i, 40, 1);
        });
        const late = Math.abs(one.currentTime - two.currentTime) < 1.05 / 30;
        const green = context.getImageData(0, 0, 40, 3).data.filter((_, i) => i % 4 === 1);
        const [first, second, again] = [0, 1, 2].map((i) => decodeClock(green.slice(40 * i, 40 * i + 40)));
        if (first >= 0 && second >= 0 && first === again && !one.seeking && !two.seeking) {
            found.push({ apart: first - second, late });
        }
    };
    const follow = (video) => {
        const step = () => {
            if (!isOver()) {
                look();
                video.requestVideoFrameCallback(step);
            }
        };
        video.requestVideoFrameCallback(step);
    };
    follow(one);
    follow(two);
    while (!isOver()) {
        await new Promise((done) => setTimeout(done, 100));
    }
    return found;
}
