// What the build makes of files that are no TypeScript (../build.mjs).

declare module "*.css" {
  const text: string;
  export default text;
}

declare module "all-texts" {
  /** Joined by `|`, as each list is. */
  export const keys: string;
  export const lists: Record<string, string>;
}
