// The patient's pages before the visit: the way in appears when the door opens.

import * as opens from "./opens.js";

window.addEventListener("pagehide", opens.start(), { once: true });
