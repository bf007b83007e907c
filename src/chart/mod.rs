//! Charts: report to chart model to SVG (plotters) to PNG (rasterised).
