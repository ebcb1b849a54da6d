// @ts-check
// Joins the pages of the built book into this document, to be printed as one book.

/** Scripts that serve a reader at a screen alone. */
const FOR_THE_SCREEN = /\/(cells|formulas|reading|shell|title_page)\.js/;

/** @typedef {{ label: string, id: string, level: number }} Entry of the contents */

/** Elements that make no sense on paper; what they show stands elsewhere or needs a reader's hand. */
const NOT_ON_PAPER = [
  ".headerlink, .course-stop, noscript, script:not([data-lab] > [type='application/json'])",
  ".cell > details.hide.above-input",
  "[data-lab=draw], [data-lab=playground], [data-lab=exercise]",
  ".course-begin, .course-caption, .course-pad, .course-progress",
  ".lab-feedback, .shell-unscripted",
].join(", ");

/** What is folded so that the reader thinks first. Other folded text is part of what is derived. */
const ANSWER = /^(Solution|Answer|What happens|What is wrong\?.*|What the mend brings)$/;

/** Longer code may be broken between two pages. */
const LONGEST_UNBROKEN = 24;

/** @type {(tag: string, attributes?: Record<string, string>, ...children: (Node | string)[]) => HTMLElement} */
function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/**
 * A name that is an id: the pages of the book share one document.
 * @param {string} page such as book/05_backpropagation
 * @param {string} id
 */
const idOf = (page, id) => `${page.slice(page.lastIndexOf("/") + 1)}--${id}`;

/**
 * Makes ids, and what refers to them, names of this page; and links to pages of the book, links in it.
 * @param {Element} article
 * @param {string} page
 * @param {string[]} pages
 */
function rename(article, page, pages) {
  const base = new URL(`/${page}.html`, location.href);
  for (const each of [article, ...article.querySelectorAll("*")]) {
    for (const { name, value } of [...each.attributes]) {
      if (name === "id") each.id = idOf(page, value);
      else if (["for", "aria-labelledby", "aria-describedby", "aria-controls"].includes(name)) {
        each.setAttribute(
          name,
          value.replace(/\S+/g, (id) => idOf(page, id)),
        );
      } else if (name === "href" || name === "xlink:href") {
        const to = new URL(value, base);
        const there = pages.find((other) => to.pathname.endsWith(`/${other}.html`));
        if (to.origin !== base.origin) continue;
        const id = to.hash.slice(1) || "top";
        // What sets up the playground is no place in it.
        if (there && !id.includes("=")) each.setAttribute(name, `#${idOf(there, id)}`);
        // Files beside the pages, such as the notebook, are not in the book.
        else if (each.localName === "a") each.removeAttribute(name);
      } else if (name === "src") each.setAttribute(name, new URL(value, base).href);
      else if (value.includes("url(#")) {
        each.setAttribute(name, value.replaceAll("url(#", `url(#${idOf(page, "")}`));
      }
    }
  }
}

/**
 * A link that ends with the page to which it leads; numberPages writes the number.
 * @type {(text: string, id: string, style: string) => HTMLElement}
 */
function pageLink(text, id, style) {
  const page = element("span", { class: "pdf-page" }, "000");
  return element("a", { href: `#${id}`, class: style }, element("span", {}, text), page);
}

/**
 * Takes the answers out of a page: those of exercises and of the quiz, and others that are folded.
 * Each question says the page on which its answer stands.
 * @param {Element} article
 * @param {string} title
 */
function answersOf(article, title) {
  const answers = element("section", { class: "pdf-answers" });
  /** @type {(name: string, question: Element) => HTMLElement} */
  const begin = (name, question) => {
    question.id ||= `${article.id}-question-${answers.childElementCount}`;
    const id = `${question.id}-answer`;
    answers.append(element("h3", { id }, element("a", { href: `#${question.id}` }, name)));
    return element("p", { class: "pdf-answer" }, pageLink("Answer: page ", id, ""));
  };
  /** @type {Element | null} */
  let exercise = null;
  /** @type {Element | null} */
  let last = null;
  for (const each of article.querySelectorAll(".exercise, details")) {
    if (each.matches(".exercise")) exercise = each;
    const summary = each.querySelector(":scope > summary");
    if (!ANSWER.test(summary?.textContent?.trim() ?? "")) continue;
    const question = each.closest("[data-lab=exercise]") ? exercise : each.closest("section");
    if (!question) continue;
    const name = question.querySelector(".admonition-title, h2, h3, h4")?.textContent ?? "";
    // A question may have a second part of its answer.
    if (question !== last) question.append(begin(name, question));
    last = question;
    summary?.remove();
    answers.append(...each.childNodes);
    each.remove();
  }
  const quiz = article.querySelector(".lab-quiz");
  if (quiz) quiz.append(begin("Quiz", quiz));
  for (const question of article.querySelectorAll(".lab-quiz fieldset")) {
    const number = question.querySelector("legend")?.textContent?.match(/^\d+\./)?.[0] ?? "";
    for (const right of question.querySelectorAll(".lab-right")) {
      const answer = right.closest(".lab-answer")?.querySelector("label")?.cloneNode(true);
      for (const mark of right.querySelectorAll("strong, [aria-hidden=true]")) mark.remove();
      const line = element("p", {}, element("strong", {}, `${number} `), element("em"));
      line.lastElementChild?.append(...(answer?.childNodes ?? []));
      line.append(" ", ...right.childNodes);
      answers.append(line);
    }
  }
  if (answers.childNodes.length) answers.prepend(element("h2", {}, title));
  return answers;
}

/** @param {string} address */
const scriptOf = (address) =>
  new Promise((resolve, reject) => {
    const script = /** @type {HTMLScriptElement} */ (element("script", { src: address }));
    script.onload = resolve;
    script.onerror = () => reject(new Error(`${address} did not arrive`));
    document.head.append(script);
  });

/**
 * Joins the pages. Gives what stands in the contents, in order.
 * @param {string[]} pages such as book/05_backpropagation, in order
 * @param {{ title: string, author: string, about: string }} book
 */
async function joinBook(pages, book) {
  /** @type {string[]} */
  const styles = [];
  /** @type {string[]} */
  const scripts = [];
  /** @type {Entry[]} */
  const entries = [];
  const answers = element("article", { class: "bd-article", id: "solutions--top" });
  answers.append(element("h1", {}, "Solutions and answers"));
  const articles = [];
  for (const page of pages) {
    const answer = await fetch(`/${page}.html`);
    const read = new DOMParser().parseFromString(await answer.text(), "text/html");
    const article = read.querySelector("article");
    if (!answer.ok || !article) throw new Error(`${page}.html is not in the book`);
    /** @type {(selector: string, attribute: string) => string[]} */
    const found = (selector, attribute) =>
      [...read.querySelectorAll(selector)].map(
        (each) => new URL(each.getAttribute(attribute) ?? "", answer.url).href,
      );
    // A style that is new stands before the next one that is known, as it does in its own page.
    const order = found("style[data-sheet]", "data-sheet");
    for (const [k, address] of order.entries()) {
      if (styles.includes(address)) continue;
      const next = order.slice(k).find((other) => styles.includes(other));
      styles.splice(next ? styles.indexOf(next) : styles.length, 0, address);
    }
    for (const address of found("script[defer][src]", "src")) {
      if (!FOR_THE_SCREEN.test(address) && !scripts.includes(address)) scripts.push(address);
    }
    rename(article, page, pages);
    article.id = idOf(page, "top");
    const heading = article.querySelector("h1");
    for (const link of article.querySelectorAll(".headerlink")) link.remove();
    const title = heading?.textContent?.trim() ?? page;
    answers.append(answersOf(article, title));
    for (const each of article.querySelectorAll(NOT_ON_PAPER)) each.remove();
    for (const details of article.querySelectorAll("details")) details.open = true;
    for (const printed of article.querySelectorAll("details.hide.below-input")) {
      printed.querySelector("summary")?.remove();
      printed.replaceWith(...printed.childNodes);
    }
    // The texts of all exercises have one id, and so has a picture that is drawn twice.
    const known = new Set();
    for (const each of article.querySelectorAll("[id]")) {
      if (known.has(each.id)) each.removeAttribute("id");
      known.add(each.id);
    }
    for (const cell of article.querySelectorAll(".cell")) {
      if (!cell.textContent?.trim() && !cell.querySelector("svg, img, .lab")) cell.remove();
      const lines = cell.querySelector(".cell_input")?.textContent?.split("\n").length ?? 0;
      cell.classList.toggle("pdf-long", lines > LONGEST_UNBROKEN);
    }
    articles.push(article);
  }
  if (answers.querySelector("h2")) articles.push(answers);
  // The head of a page of paper has the title of its chapter.
  const heads = articles.map((article, k) => {
    article.style.setProperty("page", `page-${k}`);
    const title = article.querySelector("h1")?.textContent?.trim() ?? "";
    return `@page page-${k} { @top-left { content: ${JSON.stringify(title)}; } }`;
  });
  for (const article of articles) {
    for (const each of article.querySelectorAll("h1, h2")) {
      const level = each.localName === "h1" ? 1 : 2;
      each.id ||= `heading-${entries.length}`;
      entries.push({ label: each.textContent?.trim() ?? "", id: each.id, level });
    }
  }
  const contents = element("nav", { class: "pdf-contents" }, element("h1", {}, "Contents"));
  for (const { label, id, level } of entries) {
    contents.append(pageLink(label, id, `pdf-level-${level}`));
  }
  // The star of the title page is on the cover.
  const sky = articles[0].querySelector(".course-sky");
  sky?.remove();
  const cover = element(
    "section",
    { class: "pdf-cover" },
    element("h1", {}, book.title),
    element("p", {}, book.author),
    ...(sky?.children ?? []),
    element("p", {}, book.about),
  );
  document.title = book.title;
  document.documentElement.lang = "en";
  for (const href of styles) {
    const link = element("link", { rel: "stylesheet", href });
    document.head.append(link);
  }
  document.head.append(element("style", {}, heads.join("\n")));
  document.body.append(cover, contents, ...articles);
  for (const address of scripts) await scriptOf(address);
  return entries;
}

/** Makes what is wider than a page of paper as small as it must be. */
function fitTables() {
  for (const table of document.querySelectorAll("table")) {
    const room = table.parentElement?.clientWidth ?? 0;
    if (table.offsetWidth > room) table.style.setProperty("zoom", String(room / table.offsetWidth));
  }
}

/**
 * Writes the numbers of pages.
 * @param {Record<string, number>} numbers by the id to which a link leads
 */
function numberPages(numbers) {
  for (const place of document.querySelectorAll(".pdf-page")) {
    place.textContent = String(numbers[place.closest("a")?.hash.slice(1) ?? ""]);
  }
}
