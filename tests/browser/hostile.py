"""Texts that would run a script, load something, or break out of where they are shown."""

CORPUS = (
    "<script>window.pwned=1</script>",
    "<img src=x onerror=window.pwned=1>",
    "<svg onload=window.pwned=1>",
    "<svg><script>window.pwned=1</script></svg>",
    "<math><mtext></form><form><mglyph><style></math><img src onerror=window.pwned=1>",
    "<iframe srcdoc='<script>parent.pwned=1</script>'></iframe>",
    "<a href='javascript:window.pwned=1'>click</a>",
    "<a href='java\tscript:window.pwned=1'>click</a>",
    "<a href='\x01javascript:window.pwned=1'>click</a>",
    "<a href='data:text/html,<script>opener.pwned=1</script>'>click</a>",
    "<a href='vbscript:x'>click</a>",
    "<form action='javascript:window.pwned=1'><button>click</button></form>",
    "<button onclick=window.pwned=1>click</button>",
    "<details open ontoggle=window.pwned=1>x</details>",
    "<video><source onerror=window.pwned=1></video>",
    "<object data='javascript:window.pwned=1'></object>",
    "<base href='https://evil.example/'>",
    "<style>*{display:none}</style>",
    "<link rel=stylesheet href='https://evil.example/x.css'>",
    "<meta http-equiv=refresh content='0;url=https://evil.example/'>",
    "<template><img src=x onerror=window.pwned=1></template>",
    "<noscript><p title='</noscript><img src=x onerror=window.pwned=1>'>",
    "<p style='position:fixed;inset:0' id=title class=primary slot=x>over everything</p>",
    "<switchboard-chat api='https://evil.example'></switchboard-chat>",
    "<b><i>not closed",
    "[click](javascript:window.pwned=1)",
    "[click](data:text/html,x)",
    "![x](https://evil.example/pixel.png)",
    "<img src='https://evil.example/pixel.png'>",
    "{{constructor.constructor('window.pwned=1')()}} ${window.pwned=1}",
)

ALLOWED = """
a b bdi blockquote br button code div em hr i img li ol p path pre progress s span strong sub sup
svg table tbody td th thead time tr u ul
"""
"""What may be in the list of messages, the widget's own parts included."""

INSPECT = r"""(allowed) => {
  const list = document.querySelector("switchboard-chat").shadowRoot.querySelector(".messages");
  const bad = [];
  for (const element of list.querySelectorAll("*")) {
    if (!allowed.split(/\s+/).includes(element.localName)) bad.push(element.localName);
    for (const { name, value } of element.attributes) {
      if (name.startsWith("on") || name === "style") bad.push(name);
      if (["href", "src"].includes(name) && !/^(https?|mailto|tel):/.test(value)) bad.push(value);
      if (name === "src" && value.includes("evil")) bad.push(value);
      if (element.closest(".bubble") && ["id", "slot"].includes(name)) bad.push(name);
    }
    if (element.localName === "a" && !/noopener/.test(element.rel)) bad.push("rel");
    if (element.closest(".bubble > *") && element.localName === "button") bad.push("button");
  }
  return bad;
}"""
"""What is in the list of messages and should not be."""
