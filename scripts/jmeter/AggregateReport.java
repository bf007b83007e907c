package org.apache.jmeter.visualizers;

import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

import org.apache.jmeter.reporters.ResultCollector;
import org.apache.jmeter.reporters.ResultCollectorHelper;
import org.apache.jmeter.samplers.SampleResult;
import org.apache.jmeter.save.CSVSaveService;
import org.apache.jmeter.save.SaveService;
import org.apache.jmeter.util.JMeterUtils;
import org.apache.jorphan.gui.ObjectTableModel;

/**
 * JMeter's Aggregate Report without its window. JMeter's own reader feeds JMeter's own calculators, and
 * its own writer saves the table as "Save Table Data" does. This class is in JMeter's package because
 * some of what the window calls is visible only there.
 *
 * <p>Arguments: JMeter's home, then pairs of a results file and the file for its table. Results whose
 * format comes from JMeter's properties, such as those without a header, need system properties:
 * {@code -Djmeter.save.saveservice.print_field_names=false}.
 */
public final class AggregateReport {
    private AggregateReport() {
    }

    public static void main(String[] arguments) throws Exception {
        Path home = Path.of(arguments[0]);
        JMeterUtils.setJMeterHome(home.toString());
        JMeterUtils.loadJMeterProperties(home.resolve("bin/jmeter.properties").toString());
        System.getProperties().stringPropertyNames().stream()
                .filter(name -> name.startsWith("jmeter.save."))
                .forEach(name -> JMeterUtils.setProperty(name, System.getProperty(name)));
        JMeterUtils.setLocale(Locale.ENGLISH);
        SaveService.loadProperties();
        for (int at = 1; at + 1 < arguments.length; at += 2) {
            save(arguments[at], Path.of(arguments[at + 1]));
        }
    }

    private static void save(String results, Path table) throws Exception {
        Calculators calculators = new Calculators();
        ResultCollector collector = new ResultCollector();
        if (Files.readString(Path.of(results)).startsWith("<")) {
            try (var stream = Files.newInputStream(Path.of(results))) {
                SaveService.loadTestResults(stream, new ResultCollectorHelper(collector, calculators));
            }
        } else {
            CSVSaveService.processSamples(results, calculators, collector);
        }
        ObjectTableModel model = StatGraphVisualizer.createObjectTableModel();
        calculators.rows.values().forEach(model::addRow);
        model.addRow(calculators.total);
        try (Writer writer = Files.newBufferedWriter(table)) {
            CSVSaveService.saveCSVStats(
                    StatGraphVisualizer.getAllTableData(model, StatGraphVisualizer.getFormatters()),
                    writer,
                    StatGraphVisualizer.getLabels(
                            StatGraphVisualizer.getColumns(),
                            StatGraphVisualizer.getColumnsMsgParameters()));
        }
    }

    /** Counts a sample in its label's row and in TOTAL, as the window does. */
    private static final class Calculators implements Visualizer {
        private final Map<String, SamplingStatCalculator> rows = new LinkedHashMap<>();
        private final SamplingStatCalculator total = new SamplingStatCalculator("TOTAL");

        @Override
        public void add(SampleResult sample) {
            rows.computeIfAbsent(sample.getSampleLabel(), SamplingStatCalculator::new).addSample(sample);
            total.addSample(sample);
        }

        @Override
        public boolean isStats() {
            return false;
        }
    }
}
