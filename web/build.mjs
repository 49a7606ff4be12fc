// Makes dist/switchboard-chat.js: one minified file with styles and texts in it. Its first line
// records a digest of everything it was made from, so that a test can tell when it is stale.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { build, transform } from "esbuild";

const MADE_FROM = ["build.mjs", "package-lock.json", "package.json", "tsconfig.json"];

/** SHA-256, its beginning, over path, NUL, content, NUL of each file, by path (tests/unit/test_widget_build.py). */
function digest() {
  const folders = ["src", "texts"].flatMap((folder) =>
    readdirSync(folder).map((name) => `${folder}/${name}`),
  );
  const total = createHash("sha256");
  for (const path of [...MADE_FROM, ...folders].sort()) {
    total.update(`${path}\0`).update(readFileSync(path)).update("\0");
  }
  return total.digest("hex").slice(0, 16);
}

const minifiedStyles = {
  name: "minified styles",
  setup(bundle) {
    bundle.onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const styles = await transform(readFileSync(path, "utf8"), { loader: "css", minify: true });
      return { contents: styles.code.trim(), loader: "text" };
    });
  },
};

// All texts without their keys: English has every key, in the order in which the lists are.
const texts = {
  name: "texts as lists",
  setup(bundle) {
    bundle.onResolve({ filter: /^all-texts$/ }, ({ path }) => ({ path, namespace: "texts" }));
    bundle.onLoad({ filter: /.*/, namespace: "texts" }, () => {
      const read = (name) => JSON.parse(readFileSync(`texts/${name}`, "utf8"));
      const keys = Object.keys(read("en.json"));
      const lists = readdirSync("texts").map((name) => {
        const list = keys.map((key) => read(name)[key] ?? "").join("|");
        return [name.replace(".json", ""), list];
      });
      lists.sort(([, one], [, other]) => (one < other ? -1 : 1)); // by the languages' own names
      const contents = { keys: keys.join("|"), lists: Object.fromEntries(lists) };
      return { contents: JSON.stringify(contents), loader: "json" };
    });
  },
};

await build({
  entryPoints: ["src/element.ts"],
  outfile: "dist/switchboard-chat.js",
  bundle: true,
  minify: true,
  format: "iife",
  target: "es2022",
  charset: "utf8",
  legalComments: "none",
  banner: { js: `/*! switchboard-chat, made from sources ${digest()} */` },
  plugins: [minifiedStyles, texts],
});
