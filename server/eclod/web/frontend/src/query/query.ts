// The query page: takes the form of the page and makes a workbench of it. Without this script the form works by itself.
import { installYasgui } from "./install";
import { readPage } from "./page";
import { Workbench } from "./workbench";

const page = readPage();
if (page) {
  installYasgui(page);
  new Workbench(page).open();
}
