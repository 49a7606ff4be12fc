// The widget's drawings, as paths for `icon`.

export const CHAT = "M4 5h16v11H9l-5 4z M8 9h8 M8 12h5";
export const CLOSE = "M6 6l12 12 M18 6L6 18";
export const MENU = "M12 5v1 M12 11.5v1 M12 18v1";
export const SEND = "M12 19V5 M6 11l6-6 6 6";
export const CLIP = "M18 11l-6.5 6.5a3.5 3.5 0 0 1-5-5L13 6a2.3 2.3 0 0 1 3.3 3.3L10 15.5a1.1 1.1 0 0 1-1.6-1.6l5.6-5.6";
export const FILE = "M7 3h7l4 4v14H7z M14 3v4h4";
