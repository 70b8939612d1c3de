import java.util.Comparator;
import java.util.Currency;

/**
 * Prints every currency the JDK knows as "code,digits", sorted by code; digits is -1 where ISO 4217 says N.A.
 * Regenerate the reference table of this package's tests with any JDK from 11 on, in this directory:
 *
 * <pre>java Dump.java > jdk.csv</pre>
 */
public class Dump {
    public static void main(String[] args) {
        System.out.println("# java " + Runtime.version());
        Currency.getAvailableCurrencies().stream()
            .sorted(Comparator.comparing(Currency::getCurrencyCode))
            .forEach(c -> System.out.println(c.getCurrencyCode() + "," + c.getDefaultFractionDigits()));
    }
}
