/** How high a heatmap is, in px: what stands in its place while it comes is as high. */
export const HEATMAP_CELLS_HEIGHT = 260
/** With the times below. */
export const HEATMAP_HEIGHT = HEATMAP_CELLS_HEIGHT + 20
