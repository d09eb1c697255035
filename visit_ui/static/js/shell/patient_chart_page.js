// The chart outside a visit: its timeline can be read by keyboard, point by point.

import { start } from "../visit/timeline.js";

start(document);
