"""Have one image of a run done again, with other copy or by another engine; see `localizer.redo.redoing`."""
