"""How fast the page answers, in headless Chromium with the processor slowed four times.

What is timed is the page's work for one frame: the event's listeners, then style, layout and painting. Waiting for
the screen's next refresh is left out, as it takes 0 to 16 ms whatever the page does.
"""

import os
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import book_page
import browsers
import numpy as np
from building import ROOT
from playwright.sync_api import sync_playwright

from convtools.stepper import Stepper

SLOWER = 4
LIMITS = {"a step": 8, "a weight": 33, "ten steppers": 200}  # ms
STEPS, EDITS, LOADS = 200, 40, 7


FRAME = """
const channel = new MessageChannel();
// The work of `act`, and of the frame that shows what it did, in milliseconds.
window.work = async (act) => {
  await new Promise((next) => requestAnimationFrame(() => setTimeout(next)));
  const painted = new Promise((done) => { channel.port1.onmessage = done; });
  let frame;
  // Asked for before `act` asks: what `act` leaves to the frame is counted. The message comes after its painting.
  requestAnimationFrame(() => { frame = performance.now(); channel.port2.postMessage(0); });
  const start = performance.now();
  act();
  const listeners = performance.now() - start;
  await painted;
  return listeners + performance.now() - frame;
};
"""
STEP = """async (count) => {
  const range = document.querySelector(".ct-widget input[type=range].ct-range[max]");
  const times = [];
  for (let n = 1; n <= count; n += 1) {
    times.push(await work(() => {
      range.value = n % (Number(range.max) + 1);
      range.dispatchEvent(new Event("input", { bubbles: true }));
    }));
  }
  return times;
}"""
EDIT = """async (count) => {
  const app = document.querySelector(".ct-widget").stepper;
  const times = [];
  for (let n = 1; n <= count; n += 1) {
    const { kernel } = app.state.layers[0];
    const next = kernel.map((row, i) => (i ? row : row.map((cell, j) => (j ? cell : cell.map((filters) => filters.map(() => n / 8))))));
    times.push(await work(() => app.changeLayer({ kernel: next })));
  }
  return times;
}"""
# The page is there with its stills when the script arrives. From then on, to the end of the frame in which every
# stepper on screen has a slider.
ARRIVAL = """async (source) => {
  const figures = [...document.querySelectorAll("figure.ct-stepper")];
  const seen = () => figures.filter((figure) => figure.getBoundingClientRect().top < innerHeight);
  const script = Object.assign(document.createElement("script"), { text: source });
  const arrived = performance.now();
  document.body.append(script);
  while (!seen().every((figure) => figure.querySelector(".ct-live input[type=range]"))) await new Promise(requestAnimationFrame);
  await new Promise((done) => {
    const channel = new MessageChannel();
    channel.port1.onmessage = done;
    channel.port2.postMessage(0);
  });
  return { time: performance.now() - arrived, seen: seen().length };
}"""


def main():
    image = np.random.default_rng(seed=7).integers(-3, 4, (18, 18))
    photo = np.random.default_rng(seed=7).integers(0, 256, (256, 256, 3)) / 255
    sobel = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
    step = Stepper(image, sobel, padding="valid")  # a map of 16x16
    weight = Stepper(photo, np.repeat(sobel[..., np.newaxis], 3, -1), padding="same", controls=["weights", "photo"])
    ten = [Stepper(image[:8, :8], sobel, controls="all") for _ in range(5)]
    ten += [Stepper([0, 0, 0, 1, 1, 0, 0, 0], [0, 1, 0], controls="all") for _ in range(5)]
    rows = []
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browsers.chromium(), args=browsers.ARGUMENTS)
        with opened(browser, folder, step) as (page, _):
            rows.append(("a step", "on a map of 16x16, 95th percentile", np.percentile(page.evaluate(STEP, STEPS), 95)))
        with opened(browser, folder, weight) as (page, _):
            page.evaluate(EDIT, 5)  # warm, as after the first moments of a drag
            times = page.evaluate(EDIT, EDITS)
            rows.append(("a weight", "of a photo of 256x256 RGB, 95th percentile", np.percentile(times, 95)))
            rows.append(("", "the same, median", median(times)))
        loads = []
        for _ in range(LOADS):
            with opened(browser, folder, *ten) as (_, arrival):
                loads.append(arrival)
        seen = loads[0]["seen"]
        rows.append(("ten steppers", f"the {seen} on screen interactive, median", median(it["time"] for it in loads)))
        version = browser.version
        browser.close()
    print(f"Chromium {version}, {SLOWER} times slower, {os.cpu_count()} cores\n")
    for name, words, time in rows:
        limit = LIMITS.get(name)
        mark = "" if limit is None else f"  at most {limit:>3} ms  {'yes' if time <= limit else 'NO'}"
        print(f"{name:<13}{words:<44}{time:>8.1f} ms{mark}")


@contextmanager
def opened(browser, folder, *steppers):
    """A page with these steppers in slow Chromium, and how long they took; once all on screen can be used."""
    texts = book_page.assets(ROOT)
    figures = "\n".join(stepper._repr_mimebundle_()[0]["text/html"] for stepper in steppers)
    path = Path(folder, "page.html")
    path.write_text(
        f"<!doctype html><meta charset=utf-8><style>{texts[book_page.STYLE]}</style><article>{figures}</article>"
        f"<script>{FRAME}</script>",
        "utf-8",
    )
    with browser.new_context(viewport={"width": 1280, "height": 900}) as context:
        page = context.new_page()
        page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
        page.goto(path.as_uri())
        page.evaluate("() => work(() => {})")  # the stills are painted
        yield page, page.evaluate(ARRIVAL, texts[book_page.STEPPERS])


if __name__ == "__main__":
    main()
