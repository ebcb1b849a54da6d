// The frame of a page: where the reader is, the panels, the colours, the whole screen.

(() => {
  /** @param {string} selector */
  const first = (selector) => /** @type {HTMLElement} */ (document.querySelector(selector));

  // --- Where the reader is: in the bar, in the contents, and how far.

  function followReader() {
    const contents = first("#contents");
    const section = first(".shell-section");
    const bar = first(".shell-progress");
    const links = [
      .../** @type {NodeListOf<HTMLAnchorElement>} */ (
        contents.querySelectorAll(".shell-sections a")
      ),
    ];
    const places = links.map((link) => document.getElementById(link.hash.slice(1)));
    let shown = -2;

    function look() {
      const { scrollHeight, clientHeight, scrollTop } = document.documentElement;
      bar.style.scale = `${Math.min(scrollTop / Math.max(scrollHeight - clientHeight, 1), 1)} 1`;
      const at = places.findLastIndex((place) => (place?.getBoundingClientRect().top ?? 1) < 120);
      if (at === shown) {
        return;
      }
      shown = at;
      section.hidden = at < 0;
      section.textContent = links[at]?.textContent ?? "";
      for (const [k, link] of links.entries()) {
        if (k !== at) {
          link.removeAttribute("aria-current");
        } else {
          link.setAttribute("aria-current", "location");
          keepInSight(contents, link);
        }
      }
    }

    let waits = false;
    function lookSoon() {
      if (!waits) {
        waits = true;
        requestAnimationFrame(() => {
          waits = false;
          look();
        });
      }
    }
    addEventListener("scroll", lookSoon, { passive: true });
    addEventListener("resize", lookSoon);
    const here = contents.querySelector("[aria-current=page]");
    const show = () => here && keepInSight(contents, shown < 0 ? here : links[shown]);
    contents.addEventListener("toggle", show);
    look();
    show();
  }

  /**
   * Scroll a panel, and nothing else, so that one of its links is seen.
   * @param {HTMLElement} panel @param {Element} link
   */
  function keepInSight(panel, link) {
    const inside = link.getBoundingClientRect();
    const around = panel.getBoundingClientRect();
    if (inside.top < around.top || inside.bottom > around.bottom) {
      panel.scrollTop += inside.top - around.top - around.height / 3;
    }
  }

  // --- The panels and what is in them.

  function closeAfterChoice() {
    for (const panel of [first("#contents"), first("#actions")]) {
      panel.addEventListener("click", ({ target }) => {
        if (target instanceof Element && target.closest("a, button[data-act]")) {
          panel.matches(":popover-open") && panel.hidePopover();
        }
      });
    }
  }

  function offerActions() {
    first("[data-act=print]").addEventListener("click", () => print());
    const whole = first("[data-act=fullscreen]");
    if (!document.fullscreenEnabled) {
      whole.parentElement?.remove(); // a phone by Apple cannot do it
    }
    whole.addEventListener("click", () =>
      document.fullscreenElement
        ? document.exitFullscreen()
        : document.documentElement.requestFullscreen(),
    );
    document.addEventListener("fullscreenchange", () =>
      whole.setAttribute("aria-pressed", String(document.fullscreenElement !== null)),
    );
    const scheme = /** @type {HTMLSelectElement} */ (first("#scheme"));
    scheme.value = chosenScheme;
    scheme.addEventListener("change", () => {
      chosenScheme = scheme.value;
      showScheme();
      try {
        localStorage.setItem("nn_core/scheme", chosenScheme);
      } catch {
        // A browser may refuse to keep anything.
      }
    });
  }

  function searchByKey() {
    addEventListener("keydown", (event) => {
      if ((event.ctrlKey || event.metaKey) && event.key === "k" && !event.defaultPrevented) {
        const contents = first("#contents");
        event.preventDefault();
        if (!contents.checkVisibility()) {
          contents.showPopover();
        }
        first(".shell-search input").focus();
      }
    });
  }

  // --- What is wider than its box scrolls, and is reached by keyboard if it does.

  function reachScrolling() {
    const boxes = "pre, .pst-scrollable-table-container, .output, .formula, .lab-drawing";
    const watch = new ResizeObserver((entries) => {
      for (const { target } of entries) {
        const scrolls = target.scrollWidth > target.clientWidth + 1;
        if (scrolls && getComputedStyle(target).overflowX !== "visible") {
          target.setAttribute("tabindex", "0");
        } else {
          target.removeAttribute("tabindex");
        }
      }
    });
    /** @param {Element} part of the page */
    function watchIn(part) {
      for (const box of [part, ...part.querySelectorAll(boxes)]) {
        box.matches(boxes) && watch.observe(box);
      }
    }
    const article = first("article");
    watchIn(article);
    // What cells and sliders show comes later.
    new MutationObserver((changes) => {
      for (const node of changes.flatMap(({ addedNodes }) => [...addedNodes])) {
        node instanceof Element && watchIn(node);
      }
    }).observe(article, { childList: true, subtree: true });
  }

  // --- Code can be copied.

  function offerCopies() {
    for (const code of document.querySelectorAll(":not(.output) > .highlight > pre")) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "shell-copy";
      button.textContent = "Copy";
      button.addEventListener("click", async () => {
        try {
          await navigator.clipboard.writeText((code.textContent ?? "").replace(/\n$/, ""));
          button.textContent = "Copied";
        } catch {
          button.textContent = "Not copied: mark it, and copy it by keyboard";
        }
        setTimeout(() => {
          button.textContent = "Copy";
        }, 2000);
      });
      code.after(button);
    }
  }

  followReader();
  closeAfterChoice();
  offerActions();
  searchByKey();
  reachScrolling();
  offerCopies();
})();
