// @ts-check
// Shows slides one after the other: keys, swipes, notes, overview. Windows with the same slides go
// together, so that one may show the notes and the other stand on the wall.

(() => {
  const [WIDTH, HEIGHT] = [1280, 720];
  /** @template {HTMLElement} Kind @param {string} selector */
  const all = (selector) => /** @type {Kind[]} */ ([...document.querySelectorAll(selector)]);
  const [main] = all("main.slides");
  const [bar] = all(".slides-bar");
  const slides = all(".slide");
  const channel = new BroadcastChannel(`nn_core${location.pathname}`);

  /** The slide that is shown, from 0, and how many of its steps. */
  let at = 0;
  let steps = 0;

  /** @param {HTMLElement} slide */
  const stepsOf = (slide) => [...slide.querySelectorAll(".slide-step")];

  function fit() {
    const width = innerWidth * (main.dataset.notes === undefined ? 1 : 0.66);
    const zoom = Math.min(width / WIDTH, innerHeight / HEIGHT);
    if (main.dataset.view === "one") main.style.setProperty("--zoom", String(zoom));
    else main.style.removeProperty("--zoom");
  }

  /**
   * Shows a slide with so many of its steps.
   * @param {number} slide @param {number} step
   */
  function show(slide, step, { tells = true, moves = true } = {}) {
    at = Math.max(0, Math.min(slide, slides.length - 1));
    steps = step;
    for (const [k, each] of slides.entries()) each.classList.toggle("shown", k === at);
    for (const [k, each] of stepsOf(slides[at]).entries()) {
      each.classList.toggle("later", k >= steps);
    }
    history.replaceState(null, "", `#${at + 1}`);
    if (moves && main.dataset.view === "one") slides[at].focus({ preventScroll: true });
    if (tells) channel.postMessage([at, steps]);
  }

  function forward() {
    if (steps < stepsOf(slides[at]).length) show(at, steps + 1);
    else if (at < slides.length - 1) show(at + 1, 0);
  }

  function back() {
    if (steps > 0) show(at, steps - 1);
    else if (at > 0) show(at - 1, stepsOf(slides[at - 1]).length);
  }

  /** @param {"one" | "all"} view */
  function look(view) {
    main.dataset.view = view;
    fit();
    show(at, steps);
    if (view === "all") slides[at].scrollIntoView({ block: "center" });
    else scrollTo(0, 0);
  }

  function toggleNotes() {
    main.toggleAttribute("data-notes");
    fit();
  }

  function toggleFullScreen() {
    if (document.fullscreenElement) document.exitFullscreen();
    else document.documentElement.requestFullscreen();
  }

  function toggleColours() {
    const isDark = document.documentElement.dataset.theme === "dark";
    chosenScheme = isDark ? "light" : "dark";
    showScheme();
  }

  /** @type {Record<string, () => void>} */
  const keys = {
    ArrowRight: forward,
    ArrowDown: forward,
    PageDown: forward,
    " ": forward,
    ArrowLeft: back,
    ArrowUp: back,
    PageUp: back,
    Home: () => show(0, 0),
    End: () => show(slides.length - 1, 0),
    n: toggleNotes,
    o: () => look(main.dataset.view === "one" ? "all" : "one"),
    f: toggleFullScreen,
    c: toggleColours,
    p: () => print(),
    Enter: () => look("one"),
    Escape: () => look("one"),
  };

  addEventListener("keydown", (event) => {
    const target = /** @type {Element} */ (event.target);
    // An editor, a slider and a button have keys of their own; Escape leaves them.
    const isTaken = target.closest(":is(input,select,textarea,button,summary,a,[contenteditable])");
    const leaves = event.key === "Escape";
    if (event.key === "Enter" && event.shiftKey) showResult(target);
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if ((isTaken && !leaves) || !keys[event.key] || (event.key === "Enter" && isOne())) return;
    event.preventDefault();
    keys[event.key]();
  });

  /**
   * Shows what a cell prints, when it is run.
   * @param {Element} target
   */
  function showResult(target) {
    if (target.closest(".cell")) show(at, stepsOf(slides[at]).length, { moves: false });
  }

  const isOne = () => main.dataset.view === "one";

  main.addEventListener("click", ({ target }) => {
    const pressed = /** @type {Element} */ (target);
    if (pressed.closest(".run-tools")) showResult(pressed);
    const slide = pressed.closest(".slide");
    if (isOne() || !slide) return;
    at = slides.indexOf(/** @type {HTMLElement} */ (slide));
    steps = 0;
    look("one");
  });

  bar.addEventListener("click", ({ target }) => {
    const { key } = /** @type {HTMLElement} */ (target).dataset;
    if (key) keys[key]();
  });

  // --- Fingers, and the bar that comes with the pointer.

  let began = { x: 0, y: 0 };
  main.addEventListener("touchstart", ({ touches: [{ clientX, clientY }] }) => {
    began = { x: clientX, y: clientY };
  });
  main.addEventListener("touchend", ({ target, changedTouches: [{ clientX, clientY }] }) => {
    const [x, y] = [clientX - began.x, clientY - began.y];
    const isTaken = /** @type {Element} */ (target).closest("input, .course-editor");
    if (!isOne() || isTaken || Math.abs(x) < 50 || Math.abs(x) < 2 * Math.abs(y)) return;
    if (x < 0) forward();
    else back();
  });

  let rests = 0;
  for (const type of ["pointermove", "pointerdown"]) {
    addEventListener(type, () => {
      bar.classList.add("awake");
      clearTimeout(rests);
      rests = setTimeout(() => bar.classList.remove("awake"), 2000);
    });
  }

  addEventListener("resize", fit);
  channel.addEventListener("message", ({ data: [slide, step] }) =>
    show(slide, step, { tells: false }),
  );
  const open = () => {
    at = Number.parseInt(location.hash.slice(1), 10) - 1 || 0;
    show(at, 0);
  };
  addEventListener("hashchange", open);
  main.dataset.view = "one";
  fit();
  open();
})();
