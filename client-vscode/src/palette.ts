// The server's advice names commands of the terminal, where VS Code's own extension is not on the PATH; here the same steps
// have names in the command palette.

/** Commands of the terminal, by their first word, and what the palette calls them. A test compares them with the manifest. */
export const IN_THE_PALETTE: Readonly<Record<string, string>> = {
  config: 'Aurelis: Open Settings',
  doctor: 'Aurelis: Check Health',
  local: 'Aurelis: Start a Local Model',
  login: 'Aurelis: Sign In...',
  logout: 'Aurelis: Sign Out...',
  models: 'Aurelis: Show Models',
  stats: 'Aurelis: Show Statistics',
};

/** A sentence of the server with each command of the terminal replaced by the one to choose here. */
export function inThePalette(sentence: string): string {
  return sentence.replace(/`aurelis ([a-z-]+)[^`\n]*`/g, (written, word: string) =>
    Object.hasOwn(IN_THE_PALETTE, word) ? `"${IN_THE_PALETTE[word]}"` : written,
  );
}
