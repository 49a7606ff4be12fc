// The widget's drawings, as paths for `icon`.

export const CHAT = "M4 5h16v11H9l-5 4z M8 9h8 M8 12h5";
export const CLOSE = "M6 6l12 12 M18 6L6 18";
export const MENU = "M5 7h14 M5 12h14 M5 17h14";
export const SEND = "M12 19V5 M6 11l6-6 6 6";
export const CLIP = "M8 8v8a4 4 0 0 0 8 0V7a2.7 2.7 0 0 0-5.4 0v8.6a1.3 1.3 0 0 0 2.7 0V8.5";
export const FILE = "M7 3h7l4 4v14H7z M14 3v4h4";
