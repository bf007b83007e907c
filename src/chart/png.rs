//! Converts SVG to PNG with the fonts in the binary, so that every machine draws the same picture.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use png::DeflateCompression;
use resvg::tiny_skia::{Pixmap, PremultipliedColorU8, Transform};
use resvg::usvg::{Options, Tree};

use super::drawing::svg;
use super::fonts::{self, Substitutes};
use super::model::Figure;
use super::style::{Medium, Style};
use crate::error::{Error, Result};

/// A chart as a picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chart {
    /// File name without extension.
    pub slug: &'static str,
    /// Title.
    pub title: String,
    /// The content in words, for screen readers.
    pub description: String,
    /// What stands for names in scripts that no font in the binary has, unless an earlier picture's
    /// caption says so.
    pub caption: Option<String>,
    /// The picture as PNG.
    pub png: Vec<u8>,
}

/// Maximum charts drawn at the same time; each takes about 12 MiB of memory.
const MAX_THREADS: usize = 4;

/// Maximum colours in the palette of a PNG.
const PALETTE: usize = 256;

/// How hard to compress, up to 9. Level 5 takes twice as long and saves 4%; level 3 costs 6% more bytes.
const LEVEL: u8 = 4;

/// Draws the figures whose slugs are `wanted`, on at most four threads. Names in a script that no font
/// in the binary has become numbers, the same in all figures, which the descriptions explain.
///
/// # Errors
///
/// If a figure cannot be drawn, which would be a bug.
pub fn draw(figures: &[Figure], style: &Style, wanted: &[&str]) -> Result<Vec<Chart>> {
    let substitutes = Substitutes::of(figures);
    let is_wanted = |figure: &&Figure| wanted.contains(&figure.slug);
    let figures: Vec<&Figure> = figures.iter().filter(is_wanted).collect();
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let next = AtomicUsize::new(0);
    let draw_some = || {
        let mut drawn = Vec::new();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(figure) = figures.get(number) else {
                return Ok(drawn);
            };
            let (shown, used) = substitutes.apply(figure);
            let chart = Chart {
                title: figure.title.clone(),
                ..draw_one(&shown, style)?
            };
            drawn.push((number, used, chart));
        }
    };
    let mut charts = thread::scope(|scope| {
        let handles: Vec<_> = (0..threads.min(MAX_THREADS))
            .map(|_| scope.spawn(draw_some))
            .collect();
        let drawn: Result<Vec<Vec<_>>> = handles
            .into_iter()
            .map(|handle| {
                handle.join().unwrap_or_else(|_| {
                    Err(Error::Internal("a chart could not be drawn".to_owned()))
                })
            })
            .collect();
        drawn.map(|parts| parts.into_iter().flatten().collect::<Vec<_>>())
    })?;
    charts.sort_by_key(|(number, ..)| *number);
    let mut explained = BTreeSet::new();
    let charts = charts.into_iter().map(|(_, mut used, chart)| {
        used.retain(|&number, _| explained.insert(number));
        Chart {
            caption: caption(&used),
            ..chart
        }
    });
    Ok(charts.collect())
}

/// Says what numbers stand for.
fn caption(names: &BTreeMap<usize, String>) -> Option<String> {
    let names: Vec<String> = names
        .iter()
        .map(|(number, name)| format!("#{number} is {name}"))
        .collect();
    let has_names = !names.is_empty();
    has_names.then(|| {
        format!(
            "In the pictures, whose fonts lack these letters, {}.",
            names.join(", ")
        )
    })
}

fn draw_one(figure: &Figure, style: &Style) -> Result<Chart> {
    let density = match style.medium {
        Medium::Picture { density, .. } => density,
        Medium::Page => 1.0,
    };
    Ok(Chart {
        slug: figure.slug,
        title: figure.title.clone(),
        description: figure.description.clone(),
        caption: None,
        png: png(&svg(figure, style)?, density)?,
    })
}

/// Rasterises an SVG, with `density` pixels per pixel of the SVG in each direction.
///
/// # Errors
///
/// If it is not an SVG that can be rasterised, which would be a bug.
pub fn png(svg: &str, density: f32) -> Result<Vec<u8>> {
    let fail = |what: &str| Error::Internal(format!("cannot rasterise a chart: {what}"));
    let options = Options {
        font_family: fonts::MAIN.to_owned(),
        fontdb: fonts::of(svg),
        ..Options::default()
    };
    let tree = Tree::from_str(svg, &options).map_err(|error| fail(&error.to_string()))?;
    let size = tree.size();
    let (width, height) = (size.width() * density, size.height() * density);
    let mut pixmap = Pixmap::new(width.round() as u32, height.round() as u32)
        .ok_or_else(|| fail("it has no size"))?;
    resvg::render(
        &tree,
        Transform::from_scale(density, density),
        &mut pixmap.as_mut(),
    );
    encode(&pixmap).map_err(|error| fail(&error.to_string()))
}

/// Encodes opaque pixels with a palette, which leaves an eighth of the bytes to compress.
fn encode(pixmap: &Pixmap) -> std::result::Result<Vec<u8>, png::EncodingError> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, pixmap.width(), pixmap.height());
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_deflate_compression(DeflateCompression::Level(LEVEL));
    // Charts are mostly flat areas: filters take time and make files larger.
    encoder.set_filter(png::Filter::NoFilter);
    let indexed = (0..4).find_map(|bits| to_palette(pixmap.pixels(), bits));
    let data = match indexed {
        Some((palette, indices)) => {
            encoder.set_color(png::ColorType::Indexed);
            encoder.set_palette(palette);
            indices
        }
        None => {
            encoder.set_color(png::ColorType::Rgb);
            let mut data = Vec::with_capacity(pixmap.pixels().len() * 3);
            for &pixel in pixmap.pixels() {
                data.extend(rgb(pixel));
            }
            data
        }
    };
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&data)?;
    writer.finish()?;
    Ok(bytes)
}

fn rgb(pixel: PremultipliedColorU8) -> [u8; 3] {
    [pixel.red(), pixel.green(), pixel.blue()]
}

/// Converts pixels to a palette and indices, with `bits` of each channel rounded away; `None` if that
/// leaves too many colours. Only shades at the edges of lines and letters are rounded: white and the
/// most frequent colours stay exact.
fn to_palette(pixels: &[PremultipliedColorU8], bits: u32) -> Option<(Vec<u8>, Vec<u8>)> {
    let mut numbers: HashMap<[u8; 3], u8> = HashMap::with_capacity(PALETTE);
    let mut palette: Vec<u8> = Vec::with_capacity(PALETTE * 3);
    let mut indices = Vec::with_capacity(pixels.len());
    for run in pixels.chunk_by(|one, next| one == next) {
        let color = rgb(run[0]);
        let rounded = color.map(|channel| channel >> bits);
        let number = match numbers.get(&rounded) {
            Some(&number) => number,
            None => {
                let number = u8::try_from(numbers.len()).ok()?;
                numbers.insert(rounded, number);
                palette.extend(color);
                number
            }
        };
        indices.resize(indices.len() + run.len(), number);
    }
    Some((palette, indices))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::super::model::{Axis, Mark, Panel, Scale, Section, Series};
    use super::*;

    /// Returns width, height and the colour of every pixel.
    fn decode(png: &[u8]) -> (u32, u32, Vec<[u8; 3]>) {
        let mut decoder = png::Decoder::new(std::io::Cursor::new(png));
        decoder.set_transformations(png::Transformations::EXPAND);
        let mut reader = decoder.read_info().unwrap();
        let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut bytes).unwrap();
        let pixels = bytes.chunks_exact(3).map(|rgb| [rgb[0], rgb[1], rgb[2]]);
        (info.width, info.height, pixels.collect())
    }

    fn svg(content: &str) -> String {
        format!(
            "<svg width=\"400\" height=\"80\" xmlns=\"http://www.w3.org/2000/svg\">\
             <rect width=\"400\" height=\"80\" fill=\"#ffffff\"/>{content}</svg>"
        )
    }

    #[test]
    fn text_is_drawn_with_the_font_carried_along() {
        let text = |family: &str| {
            svg(&format!(
                "<text x=\"8\" y=\"60\" font-family=\"{family}\" font-size=\"56\">Ag 90%</text>"
            ))
        };
        let (width, height, pixels) = decode(&png(&text(fonts::MAIN), 0.5).unwrap());
        assert_eq!((width, height), (200, 40));
        let ink = pixels.iter().filter(|&&[r, _, _]| r < 128).count();
        assert!((300..3000).contains(&ink), "{ink} dark pixels");
        // Whatever fonts this machine has, none of them is used.
        let elsewhere = decode(&png(&text("Liberation Sans"), 0.5).unwrap()).2;
        assert!(elsewhere.iter().all(|&rgb| rgb == [255; 3]));
    }

    #[test]
    fn letters_of_other_scripts_are_drawn_and_not_boxes() {
        let drawn = |text: &str| {
            let text = format!("<text x=\"8\" y=\"60\" font-size=\"56\">{text}</text>");
            decode(&png(&svg(&text), 0.5).unwrap()).2
        };
        let letters = ["登", "录", "査", "ロ", "로", "م", "ש", "Ж", "ß"].map(drawn);
        let distinct: HashSet<&Vec<[u8; 3]>> = letters.iter().collect();
        assert_eq!(distinct.len(), letters.len());
        // Those that no font has are all one box.
        assert_eq!(drawn("ก"), drawn("न"));
    }

    #[test]
    fn numbers_stand_for_names_that_no_font_can_show() {
        let figure = |names: &[&str]| {
            let series = |name: &&str| Series {
                name: (*name).to_owned(),
                color: 0,
                mark: Mark::Line,
                full: None,
                pieces: Vec::new(),
            };
            let axis = Axis {
                label: String::new(),
                scale: Scale::Linear,
                min: 0.0,
                max: 1.0,
                ticks: Vec::new(),
            };
            Figure {
                slug: "a",
                section: Section::Throughput,
                title: "ทั้งหมด".to_owned(),
                subtitle: String::new(),
                description: "All".to_owned(),
                arrangement: crate::chart::Arrangement::Beside,
                spans: Vec::new(),
                panels: vec![Panel {
                    title: None,
                    x: axis.clone(),
                    y: axis,
                    series: names.iter().map(series).collect(),
                    cells: None,
                }],
            }
        };
        let figures = [figure(&["A", "ก /1"]), figure(&["ก /2", "न"])];
        let charts = draw(&figures, &Style::default(), &["a"]).unwrap();
        let captions: Vec<Option<&str>> = charts.iter().map(|c| c.caption.as_deref()).collect();
        let start = "In the pictures, whose fonts lack these letters,";
        assert_eq!(
            captions,
            [
                Some(format!("{start} #1 is ทั้งหมด, #2 is ก.").as_str()),
                Some(format!("{start} #3 is न.").as_str()),
            ]
        );
        assert_eq!(charts[0].title, "ทั้งหมด");
    }

    #[test]
    fn colours_survive_the_palette() {
        let stripes: String = (0..40)
            .map(|n| {
                format!(
                    "<rect x=\"{}\" width=\"10\" height=\"80\" fill=\"rgb({},94,0)\"/>",
                    n * 10,
                    n * 6
                )
            })
            .collect();
        let (_, _, pixels) = decode(&png(&svg(&stripes), 0.5).unwrap());
        let colors: HashSet<[u8; 3]> = pixels.into_iter().collect();
        for n in 0..40 {
            assert!(colors.contains(&[n * 6, 94, 0]), "stripe {n}");
        }
    }

    #[test]
    fn anything_else_than_svg_is_an_error() {
        assert!(png("<svg", 1.0).is_err());
    }
}
