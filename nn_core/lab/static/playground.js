// @ts-check
// "Train it here": a network that learns while you watch. The maths is in network.js, settings and training
// in session.js, what is drawn in pictures.js. This file holds the controls.

(() => {
  const { ANEW, AT_ONCE, CONTROLS, INPUTS, SETTINGS, Session, VIEW } = nnSession;
  const { controlOf, given, inputsOf, placeOf, read, weightName } = nnSession;
  const { PARTS, PLACES, answerOf, curves, diagram, dots, nameOf } = nnPictures;
  const { paint, picture, pictureOf, weightsOf } = nnPictures;
  const { button, make } = nnLab;
  const { number, percent } = nnNetwork;

  // Options that have a better name than the one in the address.
  /** @type {Record<string, string>} */
  const WORDS = {
    blobs: "two blobs",
    xor: "XOR",
    plane: "plane (regression)",
    hills: "hills (regression)",
    cross_entropy: "cross-entropy",
    mean_squared_error: "squared error",
    "speed 1": "1 step/s",
    "speed 5": "5 steps/s",
    "speed 20": "20 steps/s",
    "speed 100": "100 steps/s",
    epochs: "full speed",
  };

  let count = 0; // of playgrounds: each needs names of its own

  nnLab.start("playground", (root) => {
    // In a frame, as some notebooks use, the address is not the reader's.
    const addressed = window === window.top;
    const id = `playground-${++count}`;
    /** @type {Session} */
    let session;
    /** @type {ReturnType<typeof diagram>} */
    let net;
    /** @type {Float64Array} what the network is given for each pixel */
    let grid;
    /** @type {(n: number) => number} what it answers for each pixel */
    let answer;
    let running = false;
    let mode = "Ready.";
    /** @type {Where | null} */
    let pointed = null;
    /** @type {Where | null} the weight or bias that the reader changes */
    let chosen = null;
    let told = 0;
    let last = 0; // when the last picture was drawn
    let due = 0; // steps that are due, with a fraction
    let madeShown = 0; // changes of a link whose effect the settings show

    // --- what is always in reach

    const run = button("Run", () => (running ? pause() : go()));
    const steps = [
      button("One step", () => take(() => session.step())),
      button("One epoch", () => take(() => session.epoch())),
    ];
    const sheet = button("Settings", () => open(!controls.classList.contains("open")));
    sheet.className = "sheet";
    sheet.setAttribute("aria-controls", `${id}-settings`);
    const shown = make("p", { class: "state" });
    // The same in words that are said now and then, not at each picture.
    const status = make("p", { class: "status lab-unseen", role: "status" });

    // --- settings: a list to choose from, or a box to tick

    /** @type {Record<string, { label: HTMLElement, control: HTMLSelectElement | HTMLInputElement }>} */
    const fields = {};
    /** @param {string} name */
    function field(name) {
      const [title, options] = SETTINGS[name];
      const isBox = options.includes("off");
      const box = make("input", { type: "checkbox", name });
      const list = make(
        "select",
        { name },
        ...options.map((value) =>
          make("option", { value }, WORDS[`${name} ${value}`] ?? WORDS[value] ?? value),
        ),
      );
      const control = isBox ? box : list;
      control.addEventListener("change", () =>
        change(name, isBox ? (box.checked ? "on" : "off") : control.value),
      );
      const label = isBox
        ? make("label", { class: "box" }, control, title)
        : make("label", {}, make("span", {}, title), control);
      fields[name] = { label, control };
      return label;
    }
    const inputsTitle = make("span", { "aria-hidden": "true" }, "inputs");
    const anew = Object.keys(ANEW).filter((name) => !(name in INPUTS));
    const seed = button("New seed", () => change("seed", String(Math.floor(1e6 * Math.random()))));
    const forClass = button("For a class", () => prepare());
    const changed = make("p", { class: "changed" });
    const controls = make(
      "div",
      { class: "controls", onkeydown: (/** @type {KeyboardEvent} */ event) => closeBy(event) },
      make(
        "div",
        { class: "tools" },
        run,
        ...steps,
        button("Reset", () => start()),
        sheet,
      ),
      make(
        "div",
        { class: "settings", id: `${id}-settings` },
        make(
          "fieldset",
          { class: "training" },
          make("legend", {}, "Training: acts at once"),
          ...Object.keys({ ...AT_ONCE, ...VIEW }).map(field),
        ),
        make(
          "fieldset",
          { class: "anew" },
          make("legend", {}, "Data and network: starts anew"),
          ...anew.map(field),
          make(
            "div",
            { class: "inputs", role: "group", "aria-label": "inputs" },
            inputsTitle,
            ...Object.keys(INPUTS).map(field),
          ),
          make(
            "div",
            { class: "links" },
            seed,
            button("Copy link", () => copy(here())),
            forClass,
          ),
          changed,
        ),
      ),
    );

    // --- pictures

    const network = make("div", {
      class: "network",
      role: "group",
      "aria-label": "The network",
      onpointerleave: () => point(null),
      onfocusout: () => point(null),
    });
    const readout = make("p", { class: "readout" });
    const canvas = picture({ role: "img" });
    const square = make("div", { class: "square" }, canvas);
    const caption = make("figcaption", {});
    const curve = curves();
    const cells = {
      train: [make("td"), make("td")],
      test: [make("td"), make("td")],
    };
    /** @type {(part: "train" | "test", title: string) => HTMLElement} */
    const row = (part, title) =>
      make("tr", {}, make("th", { scope: "row", class: part }, title), ...cells[part]);
    const table = make(
      "table",
      {},
      make(
        "thead",
        {},
        make(
          "tr",
          {},
          make("td"),
          make("th", { scope: "col" }, "loss"),
          make("th", { scope: "col", class: "accuracy" }, "accuracy"),
        ),
      ),
      make("tbody", {}, row("train", "training points ●"), row("test", "test points ○")),
    );

    // --- the editor of weights

    const which = make("select", { "aria-label": "Number", onchange: () => choose(choices()) });
    const slider = make("input", { type: "range", min: -5, max: 5, step: 0.05 });
    const exact = make("input", { type: "number", min: -20, max: 20, step: 0.01 });
    const editor = make(
      "div",
      {
        class: "editor",
        role: "group",
        "aria-label": "Change a weight",
        hidden: true,
        onkeydown: (/** @type {KeyboardEvent} */ event) => {
          if (event.key === "Escape") leave();
        },
      },
      which,
      slider,
      exact,
      button("Done", () => leave()),
    );
    for (const control of [slider, exact]) {
      control.addEventListener("input", () => edit(control));
      control.addEventListener("change", () => keep());
    }

    // --- the link for a class

    const ticks = Object.entries(CONTROLS).map(([value, title]) => {
      const tick = make("input", {
        type: "checkbox",
        value,
        checked: true,
        onchange: () => link(),
      });
      return { tick, label: make("label", { class: "box" }, tick, title) };
    });
    const address = make("input", { type: "text", readonly: true, "aria-label": "Link" });
    const visit = make("a", {}, "Open it");
    const said = make("p", { role: "status" });
    const dialog = make(
      "dialog",
      { "aria-labelledby": `${id}-class` },
      make("h2", { id: `${id}-class` }, "A link for a class"),
      make(
        "p",
        {},
        "Untick what those who follow the link shall not see. The link starts the run that you see now: its " +
          "settings, and what you changed on the way. It also hides this button.",
      ),
      make("div", { class: "ticks" }, ...ticks.map(({ label }) => label)),
      make(
        "div",
        { class: "tools" },
        button("Untick all", () => {
          for (const { tick } of ticks) tick.checked = false;
          link();
        }),
        address,
        button("Copy link", () => copy(address.value, said)),
        visit,
        button("Close", () => dialog.close()),
      ),
      said,
    );

    root.append(
      status,
      make(
        "div",
        { class: "board" },
        shown,
        controls,
        make("div", { class: "middle" }, network, editor, readout),
        make("figure", {}, square, caption),
        make("div", { class: "results" }, curve.svg, table),
      ),
      dialog,
    );

    /** @param {boolean} isOpen */
    function open(isOpen) {
      controls.classList.toggle("open", isOpen);
      sheet.setAttribute("aria-expanded", String(isOpen));
      if (isOpen) root.scrollIntoView({ block: "start" });
    }

    /** @param {KeyboardEvent} event */
    function closeBy(event) {
      if (event.key !== "Escape" || !controls.classList.contains("open")) return;
      open(false);
      if (sheet.checkVisibility()) sheet.focus();
    }

    /** Shows the settings as they stand, and hides what a link hides. */
    function show() {
      const { settings, regression } = session;
      madeShown = session.made;
      const hidden = settings.hide.split(".");
      for (const [name, { control, label }] of Object.entries(fields)) {
        if (control instanceof HTMLSelectElement) control.value = settings[name];
        else control.checked = settings[name] === "on";
        label.hidden =
          hidden.includes(controlOf(name)) ||
          (regression && name === "loss") ||
          (/^units/.test(name) && name.slice(-1) > settings.layers);
      }
      const on = inputsOf(settings);
      // A network needs an input.
      for (const name of Object.keys(INPUTS)) {
        fields[name].control.disabled = on.length === 1 && on[0] === name;
      }
      fields.l2.label.children[0].textContent =
        settings.optimizer === "AdamW" ? "weight decay" : SETTINGS.l2[0];
      inputsTitle.hidden = hidden.includes("inputs");
      for (const one of steps) one.hidden = hidden.includes("step");
      seed.hidden = hidden.includes("seed");
      forClass.hidden = settings.hide !== "";
      changed.textContent = changesOf(session.changes);
    }

    /**
     * What changes on the way, in words.
     * @param {Session["changes"]} changes
     */
    function changesOf(changes) {
      if (changes.length === 0) return "";
      const texts = changes.map(({ step, name, value }) => {
        const place = placeOf(name, session.network.sizes);
        const title = place ? "a weight" : SETTINGS[name][0];
        return `${title} ${place ? number(Number(value)) : value} after step ${step}`;
      });
      const some = texts.slice(-4).join(", ");
      return `On the way: ${texts.length > 4 ? `${texts.length} changes, the last ` : ""}${some}.`;
    }

    /** The address of this run. Where nothing differs from the start, it names none. */
    function here() {
      const hash = session.address;
      return location.href.replace(/#.*/, "") + (hash && `#${hash}`);
    }

    /** Writes the run into the address. */
    function keep() {
      if (addressed) history.replaceState(null, "", here());
      changed.textContent = changesOf(session.changes);
    }

    /** @type {(text: string, where?: HTMLElement) => Promise<void>} */
    async function copy(text, where) {
      let news = "The link is copied. It shows others this run.";
      try {
        await navigator.clipboard.writeText(text);
      } catch {
        news = "This browser does not let the page copy. Copy the address of the page.";
      }
      if (where) where.textContent = news;
      else say(news);
    }

    function prepare() {
      pause();
      said.textContent = "";
      link();
      dialog.showModal();
    }

    /** Writes the link for a class. */
    function link() {
      const hide = ticks.filter(({ tick }) => !tick.checked).map(({ tick }) => tick.value);
      const [base, hash = ""] = here().split("#");
      const all = new URLSearchParams(hash);
      if (hide.length) all.set("hide", hide.join("."));
      address.value = visit.href = all.size ? `${base}#${all}` : base;
    }

    /** @type {(name: string, value: string) => void} */
    function change(name, value) {
      if (name in ANEW || name === "seed") {
        start({ ...session.settings, [name]: value });
        return;
      }
      session.change(name, value);
      keep();
      show();
      render();
    }

    /** Reads the run from the address, and says which of it is not offered. */
    function load() {
      // Other addresses lead to a heading of the page.
      const hash = addressed && location.hash.includes("=") ? location.hash.slice(1) : "";
      const [settings, changes, refused] = read(hash);
      begin(new Session(settings, changes));
      if (refused.length > 0) {
        keep();
        const named = refused.join(" and ").slice(0, 200);
        say(
          `The link asks for ${named}, which is not offered here. The usual setting stands in its place.`,
        );
      } else if (changes.length > 0) say(`Ready. ${changesOf(session.changes)}`);
    }

    /** A run from the start, with the settings that are seen. */
    function start(settings = session.settings) {
      begin(new Session(settings));
      keep();
    }

    /** @param {Session} fresh */
    function begin(fresh) {
      pause();
      session = fresh;
      pointed = chosen = null;
      editor.hidden = true;
      grid = given(PLACES, session.settings);
      net = diagram(session, point, choose);
      network.replaceChildren(...net.parts);
      square.replaceChildren(canvas, dots(session));
      root.classList.toggle("regression", session.regression);
      show();
      render();
      mode = "Ready.";
      tell();
    }

    /** @param {Where | null} where */
    function point(where) {
      pointed = where;
      if (!running) render();
    }

    // --- changing a weight

    /** The one that is chosen in the list of the unit. */
    function choices() {
      const { layer, unit } = /** @type {Where} */ (chosen);
      return { layer, unit, ...(which.value === "bias" ? {} : { from: Number(which.value) }) };
    }

    const mayChange = () => !session.settings.hide.split(".").includes("weights");

    /** @param {Where} where */
    function choose(where) {
      const { layer, unit, from } = where;
      if (layer === 0 || !mayChange()) return;
      const other = chosen?.layer !== layer || chosen.unit !== unit;
      chosen = where;
      if (other) {
        const names = Array.from({ length: session.network.sizes[layer - 1] }, (_, i) =>
          make("option", { value: i }, `weight from ${nameOf(session, layer - 1, i)}`),
        );
        which.replaceChildren(make("option", { value: "bias" }, "bias"), ...names);
        which.setAttribute("aria-label", `Number of ${nameOf(session, layer, unit)}`);
      }
      which.value = from === undefined ? "bias" : String(from);
      const name = `${which.selectedOptions[0].text} of ${nameOf(session, layer, unit)}`;
      slider.setAttribute("aria-label", name);
      exact.setAttribute("aria-label", `${name}, as a number`);
      if (editor.hidden) {
        editor.hidden = false;
        open(false);
        which.focus({ preventScroll: true });
        editor.scrollIntoView({ block: "nearest" });
      }
      // The picture shows what the network makes of the change.
      point(null);
    }

    /** Leaves the editor, back to the unit. */
    function leave() {
      const { layer, unit } = /** @type {Where} */ (chosen);
      chosen = null;
      editor.hidden = true;
      net.focus(layer, unit);
    }

    /** @param {HTMLInputElement} control */
    function edit(control) {
      if (!chosen || !control.checkValidity() || control.value === "") return;
      const { layer, unit, from } = chosen;
      pause();
      session.change(weightName(layer, unit, from), control.value);
      session.measure();
      render();
    }

    /** Shows the number that may be changed, except where the reader is writing. */
    function showChosen() {
      if (!chosen) return;
      const { layer, unit, from } = chosen;
      const { W, b } = session.network;
      const now =
        from === undefined
          ? b[layer - 1][unit]
          : W[layer - 1][from * session.network.sizes[layer] + unit];
      if (document.activeElement !== slider || running) slider.value = String(now);
      if (document.activeElement !== exact || running) exact.value = now.toFixed(2);
    }

    // --- running

    /** @param {() => void} action */
    function take(action) {
      pause();
      mode = "Paused.";
      action();
      session.measure();
      render();
      tell();
    }

    function go() {
      running = true;
      mode = "Running.";
      run.textContent = "Pause";
      last = performance.now();
      due = 0;
      tell();
      requestAnimationFrame(frame);
    }

    function pause() {
      if (!running) return;
      running = false;
      mode = "Paused.";
      run.textContent = "Run";
      tell();
    }

    /**
     * One epoch for each picture, or as many steps as are due.
     * @param {number} now
     */
    function frame(now) {
      if (!running) return;
      const { speed } = session.settings;
      if (speed === "epochs") session.epoch();
      else {
        // After a pause of the page, it does not make up for all that was missed.
        due += (Math.min(200, Math.max(0, now - last)) / 1000) * Number(speed);
        for (; due >= 1; due--) session.step();
      }
      last = now;
      session.measure();
      render();
      if (!session.finite) pause();
      // Often enough to follow by ear, not so often that it never ends.
      else if (now - told > 5000) tell();
      if (running) requestAnimationFrame(frame);
    }

    function render() {
      if (session.made !== madeShown) show();
      const A = session.network.activations(grid);
      A[A.length - 1] = session.network.outputOf(A[A.length - 1]);
      const discrete = session.settings.discrete === "on";
      answer = answerOf(session, A);
      net.update(A, discrete);
      if (pointed && pointed.from === undefined) {
        const { layer, unit } = pointed;
        paint(canvas, pictureOf(session, A, layer, unit), discrete);
        caption.textContent = `What ${nameOf(session, layer, unit)} gives.`;
      } else {
        paint(canvas, answer, discrete);
        caption.textContent = "The answer: x₁ to the right, x₂ upwards.";
      }
      readout.textContent = describe();
      showChosen();
      curve.update(session);
      for (const part of PARTS) {
        cells[part][0].textContent = number(session[part].loss, 3);
        cells[part][1].textContent = session.regression ? "" : percent(session[part].accuracy);
      }
      shown.textContent = `${mode} Epoch ${session.epochs}, step ${session.steps}.`;
    }

    function describe() {
      const where = pointed ?? chosen;
      if (where === null) {
        const more = mayChange() ? " Press it to change them." : "";
        return `Point at a unit or a line to read its numbers.${more}`;
      }
      const { layer, unit, from } = where;
      const name = nameOf(session, layer, unit);
      if (from === undefined) return `${name}: ${weightsOf(session, layer, unit)}`;
      const w = session.network.W[layer - 1][from * session.network.sizes[layer] + unit];
      return `weight from ${nameOf(session, layer - 1, from)} to ${name}: ${number(w)}`;
    }

    /**
     * Says something to all readers. The line shows it until the next picture.
     * @param {string} text
     */
    function say(text) {
      shown.textContent = status.textContent = text;
    }

    /** Says the state to those who do not see the pictures. */
    function tell() {
      told = performance.now();
      const { train, test, epochs, regression } = session;
      const blue = Array.from({ length: PLACES.length / 2 }, (_, n) => answer(n)).filter(
        (v) => v > 0,
      );
      const share = percent((2 * blue.length) / PLACES.length);
      canvas.setAttribute(
        "aria-label",
        regression
          ? `What the network answers: above zero, blue, on ${share} of the picture, below zero, orange, on the rest.`
          : `Decision boundary. The network answers blue on ${share} of the picture, orange on the ` +
              `rest. It is right for ${percent(train.accuracy)} of the training points and ` +
              `${percent(test.accuracy)} of the test points.`,
      );
      curve.tell(session);
      if (!session.finite) {
        say(
          "The weights have grown beyond all numbers: the steps were too large. Lower the rate, then reset.",
        );
        return;
      }
      const result = regression
        ? `test loss ${number(test.loss, 3)}`
        : `test accuracy ${percent(test.accuracy)}`;
      status.textContent = `${mode} Epoch ${epochs}: loss ${number(train.loss, 3)}, ${result}.`;
      shown.textContent = `${mode} Epoch ${epochs}, step ${session.steps}.`;
    }

    open(false);
    load();
    if (!addressed) return;
    addEventListener("popstate", () => {
      if (location.hash && !location.hash.includes("=")) return;
      load();
      if (!location.hash) return;
      root.scrollIntoView({ block: "start" });
      run.focus({ preventScroll: true });
    });
  });
})();
