"""The finder of markup that was not rendered finds each kind of it, and nothing else."""

import pytest
from leftovers import leftovers

FOUND = [
    ("a dollar sign", r"<p>Its slope is $1 / <em>p</em></p><ul><li>1 / p$: below 0.</li></ul>"),
    ("a role", "<p>By {eq}<code>eq-chain</code> it is so.</p>"),
    ("a role", "<p>See {doc}`here`.</p>"),
    ("a role", "<p>It reads {glue:text}<code>tour-dev</code>.</p>"),
    ("strong text", "<p>This is **important.</p>"),
    ("strong text", "<li>This is __important__.</li>"),
    ("emphasis", "<p>Not *this* one.</p>"),
    ("emphasis", "<p>Not _this_ one.</p>"),
    ("a backtick", "<td>Call `fit</td>"),
    ("a fence", "<p>:::{admonition} Mind</p>"),
    ("a heading", "<p>Some text\n### A title</p>"),
    ("a list", "<p>Look at two things:\n- the loss\n- the gradient</p>"),
    ("a list", "<p>Look at two things:\n 1. the loss\n 2. the gradient</p>"),
    ("a table", "<p>| a | b |\n|---|---|</p>"),
    ("a target", "<p>(zoo-best)=</p>"),
    ("a link", "<p>Read [this](that.html).</p>"),
    ("a link", "<p>Read [<b>this</b>](that.html).</p>"),
    ("a command of TeX", r"<p>The rate \eta is small.</p>"),
    ("a command of TeX", r"<p>\begin{align} x</p>"),
    ("a command of TeX", r"<p>The rate \(x\) is small.</p>"),
    ("an entity", "<p>This &amp;amp; that</p>"),
    ("an entity", "<p>a &amp;lt; b</p>"),
    ("a tag", "<p>A &lt;b&gt;word&lt;/b&gt;</p>"),
    ("a reference that leads nowhere", "<p>As equation (???) says.</p>"),
    ("a reference that leads nowhere", "<p>As [?] found.</p>"),
    ("a reference that leads nowhere", "<p>By eq-chain it is so.</p>"),
    ("a reference that leads nowhere", "<p>That took undefined seconds.</p>"),
    ("a hole", "<p>It reads <span></span> of them.</p>"),
    ("a hole", "<p>The most frequent is <span></span>, then the rest.</p>"),
    ("a hole", "<p>After <code>fit</code> it reads <span></span>.</p>"),
    ("a hole", "<p>It reads most of them (<span></span>).</p>"),
    ("no value", "<p>It reads nan % of them.</p>"),
    ("no value", "<p>That took None seconds.</p>"),
    ("no value", "<h1>None</h1>"),
    # Hidden text: folded away, for screen readers, or stored for a slider.
    ("a dollar sign", "<details><summary>Hint</summary><div><p>Use $x.</p></div></details>"),
    ("a backtick", '<img alt="The curve of `fit`">'),
    ("a backtick", '<svg role="img" aria-label="The curve of `fit`"></svg>'),
    ("emphasis", "<figcaption>A *bold* caption</figcaption>"),
    ("a command of TeX", r'<meta name="description" content="The rate \eta is small.">'),
    ("a command of TeX", r'<meta property="og:description" content="The rate \eta is small.">'),
    ("a backtick", '<script type="application/json">{"a": ["<svg aria-label=\\"`\\">"]}</script>'),
    ("strong text", '<div class="lab-quiz"><label><input> **Yes</label></div>'),
    # In formulas.
    ("a dollar sign", r'<span class="math notranslate">\(x$\)</span>'),
    ("a role", r'<div class="math">\[x {eq}`a`\]</div>'),
    ("a backtick", r'<div class="math">\[x `a\]</div>'),
    ("strong text", r'<div class="math">\[x **a\]</div>'),
    ("an entity", r'<div class="math">\[x &amp;lt; a\]</div>'),
    ("no value", r'<div class="math">\[x = nan\]</div>'),
    ("no value", r'<span class="math" data-tex="x = nan"><math><mi>x</mi></math></span>'),
    ("prose", r'<span class="math">\(: below zero on the left of \)</span>'),
    ("<li> in a formula", r'<span class="lab-formula">\[x <ul><li>1</li></ul>\]</span>'),
    ("<em> in a formula", r'<span class="math">\(x <em>1</em>\)</span>'),
    ("braces that do not match", r'<span class="math">\(\frac{1}{2\)</span>'),
    ("braces that do not match", r'<span class="math">\(1}{\)</span>'),
    ("braces that do not match", r'<div class="math">\[\begin{cases} 1\]</div>'),
    ("braces that do not match", r'<div class="math">\[\left( 1\]</div>'),
    ("a message of Sphinx", '<span class="problematic">:ref:</span>'),
]


@pytest.mark.parametrize(("kind", "html"), FOUND)
def test_finds(kind, html):
    found = leftovers(f"<html><body><article>{html}</article></body></html>")
    assert any(each.startswith(f"{kind}: ") for each in found), found


@pytest.mark.parametrize(
    "html",
    [
        "<p>Call <code>fit(**options)</code>, not <code>`$x$`</code>.</p>",
        r"<pre>\begin None nan *a* {eq}`x` ### $x$ ???</pre>",
        r'<p>So <span class="math">\(\frac{1}{2} \lt \{x\}\)</span> it is.</p>',
        r'<div class="math">\[\begin{cases} 1 &amp; \text{if it is so or not}\end{cases}\]</div>',
        r'<div class="math"><span class="eqno">(3)<a class="headerlink">#</a></span>\[x\]</div>',
        r'<span class="math" data-tex="\frac12"><math><mfrac></mfrac></math></span>',
        r'<span class="lab-formula">\[\left\{ x \right) \leftarrow y\]</span>',
        "<p><strong>None</strong> of the bugs raises an error. None of them. NaN is no number.</p>",
        "<p>It is None where the file has no labels.</p>",
        "<p>Exercise 1  (A smaller one) and so on, x .5 of it\n   more, <code>f</code>.</p>",
        "<p>Turn a 6 and it is a\n9. So it is.</p>",
        "<p>2 * 3 * 4, a_b_c, 10 # 5, R&amp;D, a &lt; b &gt; c, [1] (2), x = {1, 2}</p>",
        '<table class="dataframe"><tr><td>NaN</td><td>nan</td></tr></table>',
        "<script>const x = `${y}`;</script><style>a::before { content: '**' }</style>",
        "<!-- **a comment** -->",
        '<svg role="img" aria-label="A curve that rises to 3."><!-- `x` --><path></path></svg>',
        '<script type="application/json">{"a": 1, "b": ["`x`", null]}</script>',
    ],
)
def test_finds_nothing_in_what_is_meant(html):
    assert leftovers(f"<html><body><article>{html}</article></body></html>") == []


def test_two_paragraphs_are_not_read_as_one():
    assert leftovers("<p>2 *</p><p>a* 3</p><ul><li>[a]</li><li>(b)</li></ul>") == []
