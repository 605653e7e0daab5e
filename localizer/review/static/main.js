// Where the page begins: a run named in the address is reviewed, else the runs are listed.

import { installAnnouncements } from "./announce.js";
import { showOverview } from "./overview.js";
import { showReview } from "./review.js";

const asked = new URLSearchParams(location.search);
const key = { dag_id: asked.get("dag_id"), run_id: asked.get("run_id") };

installAnnouncements();
if (window.parent !== window) document.documentElement.classList.add("framed");
if (key.dag_id && key.run_id) showReview(document.getElementById("page"), key);
else showOverview(document.getElementById("page"));
