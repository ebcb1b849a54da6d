// What the text of a page does: notes open in place, and a page knows where its reader stopped.

(() => {
  const PLACES = "nn_core/places"; // progress.js erases it with the rest

  /** @type {HTMLElement} */
  const article = /** @type {HTMLElement} */ (document.querySelector(".bd-article"));

  // --- Notes. In the margin they are seen at any time, else they open and close below their line.

  // Asked of the page, not of the notes: their sections may not have been laid out yet.
  const hasMargin = () =>
    getComputedStyle(/** @type {Element} */ (article.firstElementChild)).getPropertyValue(
      "--course-margin",
    ) !== "";
  /** @param {Element} note @param {boolean} margin whether the page has one */
  const isBeside = (note, margin = hasMargin()) => margin && !note.closest("td, .course-aside");

  function openNotes() {
    const pairs = [...article.querySelectorAll("a.course-noted")].map((link) => {
      const note = /** @type {HTMLElement} */ (document.getElementById(`${link.id}-note`));
      const before = /** @type {ChildNode} */ (note.previousSibling);
      return { link: /** @type {HTMLElement} */ (link), note, before };
    });

    function tell() {
      const margin = hasMargin();
      for (const { link, note, before } of pairs) {
        const beside = isBeside(note, margin);
        if (beside && note.classList.contains("course-open")) {
          note.classList.remove("course-open");
          before.after(note);
        }
        link.ariaExpanded = beside ? null : String(note.classList.contains("course-open"));
      }
    }

    for (const { link, note, before } of pairs) {
      link.role = "button";
      link.setAttribute("aria-describedby", note.id);
      link.addEventListener("click", (event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey) {
          return; // to the entry itself, in a tab of its own
        }
        event.preventDefault();
        if (isBeside(note)) {
          note.animate({ backgroundColor: ["var(--course-accent-soft)", "transparent"] }, 2000);
        } else {
          // Below the paragraph, so that no line of it is torn.
          if (note.classList.toggle("course-open")) {
            link.closest("p, li, dd")?.append(note);
          } else {
            before.after(note);
          }
          tell();
        }
      });
      link.addEventListener("keydown", (event) => {
        if (event.key === " ") {
          event.preventDefault();
          link.click();
        }
      });
    }
    new ResizeObserver(tell).observe(article);
  }

  // --- Where the reader stopped: the last section that was seen, until the last of the page is.

  function rememberPlace() {
    const page = location.pathname;
    const sections = [...article.querySelectorAll(":scope > section > section")];
    if (!article.querySelector(".course-stop")) {
      return;
    }
    /** @returns {Record<string, string>} */
    const places = () => {
      try {
        return JSON.parse(localStorage.getItem(PLACES) ?? "{}");
      } catch {
        return {}; // storage is blocked, so nothing is kept
      }
    };
    const stopped = document.getElementById(places()[page] ?? "");
    if (stopped && !location.hash && scrollY < 200) {
      offer(stopped);
    }

    addEventListener("pagehide", () => {
      const at = sections.findLastIndex((one) => one.getBoundingClientRect().top < innerHeight);
      if (at < 1) {
        return; // nothing was read in this visit
      }
      const { [page]: _, ...others } = places();
      const kept = at < sections.length - 1 ? { ...others, [page]: sections[at].id } : others;
      try {
        if (Object.keys(kept).length) localStorage.setItem(PLACES, JSON.stringify(kept));
        else localStorage.removeItem(PLACES);
      } catch {
        // Storage is blocked.
      }
    });
  }

  /**
   * Offers the way to a section, over the lower edge of the page, so that nothing moves.
   * @param {HTMLElement} section
   */
  function offer(section) {
    const title = section.querySelector("h2")?.cloneNode(true);
    const box = document.createElement("p");
    const link = document.createElement("a");
    const close = document.createElement("button");
    if (!(title instanceof Element)) {
      return;
    }
    title.querySelector(".headerlink")?.remove();
    box.className = "course-resume";
    box.role = "status";
    link.href = `#${section.id}`;
    link.textContent = "Go on";
    close.type = "button";
    close.textContent = "Close";
    article.before(box);
    // A live region speaks of what comes into it.
    box.append(`You stopped at ${title.textContent}. `, link, " ", close);
    const listening = new AbortController();
    const leave = () => {
      box.remove();
      listening.abort();
    };
    link.addEventListener("click", leave);
    close.addEventListener("click", leave);
    addEventListener("scroll", () => scrollY > 2 * innerHeight && leave(), {
      passive: true,
      signal: listening.signal,
    });
  }

  openNotes();
  rememberPlace();
})();
