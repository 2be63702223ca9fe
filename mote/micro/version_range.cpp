#include <mote/micro/version_range.hpp>

#include <mote/micro/detail/semver_reader.hpp>
#include <mote/micro/service_error.hpp>

#include <algorithm>
#include <limits>
#include <optional>

namespace mote::micro {

/// Reads the text from left to right and puts the bounds of each alternative into `alternatives`.
class version_range::reader {
public:
    reader(std::string_view text, std::vector<bounds>& alternatives)
        : text_(text), rest_(text), alternatives_(alternatives) {}

    void read() {
        for (;;) {
            read_alternative();
            if (rest_.empty()) return;
            rest_.remove_prefix(2);  // the bars
        }
    }

private:
    [[noreturn]] void fail(const std::string& problem) const {
        throw_error(errc::bad_version_range, "\"" + std::string(text_) + "\": " + problem);
    }

    void skip_blanks() { rest_.remove_prefix(std::min(rest_.find_first_not_of(' '), rest_.size())); }

    void read_alternative() {
        bounds_.clear();
        bool empty = true;
        for (skip_blanks(); !rest_.empty() && !rest_.starts_with("||"); skip_blanks()) {
            read_comparator();
            empty = false;
        }
        if (empty) fail(text_.find('|') == std::string_view::npos ? "it is empty" : "nothing beside ||");
        alternatives_.push_back(bounds_);
    }

    std::string_view read_operator() {
        for (const std::string_view known : {">=", "<=", ">", "<", "=", "^", "~"})
            if (rest_.starts_with(known)) {
                rest_.remove_prefix(known.size());
                return known;
            }
        return {};
    }

    void read_comparator() {
        const auto operation = read_operator();
        skip_blanks();
        const auto word = rest_.substr(0, rest_.find_first_of(" |<>=^~"));
        if (word.empty() && rest_.empty()) fail("no version behind \"" + std::string(operation) + "\"");
        if (word.empty()) fail("\"" + std::string(rest_.substr(0, 1)) + "\" where a version should be");
        rest_.remove_prefix(word.size());
        std::string problem;
        const auto version = detail::read_partial_version(word, problem);
        if (!version) fail("\"" + std::string(word) + "\": " + problem);
        add(operation, *version);
    }

    void add(std::string_view operation, const detail::partial_version& version) {
        if (operation == ">")
            add_greater(version);
        else if (operation == "<")
            add_less(version);
        else if (operation == "<=")
            version.given == 3 ? add(relation::less_or_equal, version.value)
                               : add_below_next(version.value, version.given);
        else if (operation == ">=")
            add(relation::greater_or_equal, version.value);
        else if (operation == "^")
            add_span(version, parts_that_stay(version));
        else if (operation == "~")
            add_span(version, std::min(version.given, 2));
        else if (version.given == 3)
            add(relation::equal, version.value);
        else
            add_span(version, version.given);
    }

    void add(relation is, const semver& version) { bounds_.push_back({is, version, !version.pre_release.empty()}); }

    void add_greater(const detail::partial_version& version) {
        if (version.given == 0) fail("nothing is greater than every version");
        if (version.given == 3) return add(relation::greater, version.value);
        add(relation::greater_or_equal, next(version.value, version.given));
    }

    void add_less(const detail::partial_version& version) {
        if (version.given == 0) fail("nothing is less than every version");
        if (version.given == 3) return add(relation::less, version.value);
        add_below(version.value);
    }

    /// From the version on, as long as its first `parts` numbers stay.
    void add_span(const detail::partial_version& version, int parts) {
        add(relation::greater_or_equal, version.value);
        add_below_next(version.value, parts);
    }

    void add_below_next(const semver& version, int parts) {
        if (parts > 0) add_below(next(version, parts));
    }

    /// Below it and its pre-releases: nothing comes before `-0`.
    void add_below(semver version) {
        version.pre_release = {"0"};
        bounds_.push_back({relation::less, std::move(version), false});
    }

    /// How many numbers `^` keeps: up to the first that is not zero.
    static int parts_that_stay(const detail::partial_version& version) {
        if (version.given <= 1 || version.value.major != 0) return std::min(version.given, 1);
        if (version.given == 2 || version.value.minor != 0) return 2;
        return 3;
    }

    /// The lowest version with the number at `parts` one higher.
    semver next(const semver& version, int parts) const {
        semver higher;
        higher.major = parts == 1 ? one_more(version.major) : version.major;
        if (parts >= 2) higher.minor = parts == 2 ? one_more(version.minor) : version.minor;
        if (parts >= 3) higher.patch = one_more(version.patch);
        return higher;
    }

    std::uint64_t one_more(std::uint64_t number) const {
        if (number == std::numeric_limits<std::uint64_t>::max()) fail("a number is too large");
        return number + 1;
    }

    std::string_view text_;
    std::string_view rest_;
    std::vector<bounds>& alternatives_;
    bounds bounds_;
};

version_range::version_range(std::string_view text) : text_(text) { reader(text, alternatives_).read(); }

bool version_range::bound::admits(const semver& candidate) const {
    const auto order = candidate <=> version;
    switch (is) {
        case relation::less: return order < 0;
        case relation::less_or_equal: return order <= 0;
        case relation::equal: return order == 0;
        case relation::greater_or_equal: return order >= 0;
        case relation::greater: return order > 0;
    }
    return false;
}

bool version_range::contains(const semver& version) const {
    if (!constrains()) return true;
    const auto admits = [&](const bound& each) { return each.admits(version); };
    const auto names_it = [&](const bound& each) {
        return each.names_pre_release && each.version.major == version.major && each.version.minor == version.minor &&
               each.version.patch == version.patch;
    };
    return std::ranges::any_of(alternatives_, [&](const bounds& all) {
        if (!std::ranges::all_of(all, admits)) return false;
        return version.pre_release.empty() || std::ranges::any_of(all, names_it);
    });
}

bool version_range::contains(std::string_view version) const {
    if (!constrains()) return true;
    const auto read = semver::try_parse(version);
    return read && contains(*read);
}

}  // namespace mote::micro
