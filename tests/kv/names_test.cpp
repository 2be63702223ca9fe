#include <mote/kv/detail/entry.hpp>
#include <mote/kv/detail/names.hpp>
#include <mote/kv/error.hpp>

#include <gtest/gtest.h>

namespace mote::kv::detail {
namespace {

TEST(bucket_name, has_letters_digits_dash_and_underscore) {
    for (const auto* const name : {"a", "A", "0", "-", "_", "hacker_news", "a-b_C9"})
        EXPECT_TRUE(is_valid_bucket(name)) << name;
    for (const auto* const name : {"", "a.b", "a b", "a/b", "a=b", "*", ">", "ä", "a\n", "a\t"})
        EXPECT_FALSE(is_valid_bucket(name)) << name;
    EXPECT_FALSE(is_valid_bucket(std::string_view("a\0b", 3)));
}

TEST(key, has_the_characters_of_adr_8) {
    for (const auto* const key : {"a", "hn_post_1", "a.b.c", "a/b=c-d_e", "=", "/", "-", "A.0"})
        EXPECT_TRUE(is_valid_key(key)) << key;
    for (const auto* const key :
         {"", ".", "a.", ".a", "a..b", "a b", "a*", "*", ">", "a.*", "a.>", "ä", "a\n", "a:b", "$a", "a\\b"})
        EXPECT_FALSE(is_valid_key(key)) << key;
    EXPECT_FALSE(is_valid_key(std::string_view("a\0b", 3)));
}

TEST(key_filter, may_have_whole_wildcards) {
    for (const auto* const filter : {">", "*", "a", "a.*", "*.a", "a.*.b.>", "*.*", "*.>"})
        EXPECT_TRUE(is_valid_filter(filter)) << filter;
    for (const auto* const filter : {"", "a*", "*a", ">a", "a>", "a.>.b", ">.a", "a..*", ".>", "**", ">>", "a. "})
        EXPECT_FALSE(is_valid_filter(filter)) << filter;
}

TEST(name_check, throws_with_the_name) {
    try {
        check_key("a b");
        FAIL();
    } catch (const boost::system::system_error& failed) {
        EXPECT_EQ(failed.code(), errc::bad_key);
        EXPECT_NE(std::string(failed.what()).find("'a b'"), std::string::npos);
    }
    try {
        check_bucket("a.b");
        FAIL();
    } catch (const boost::system::system_error& failed) {
        EXPECT_EQ(failed.code(), errc::bad_bucket);
        EXPECT_NE(std::string(failed.what()).find("'a.b'"), std::string::npos);
    }
    EXPECT_THROW(check_filter("a>"), boost::system::system_error);
}

operation operation_in(std::string_view lines) {
    const auto block = "NATS/1.0\r\n" + std::string(lines) + "\r\n";
    return operation_of(nats::headers_view(block));
}

TEST(operation, is_told_by_the_headers) {
    EXPECT_EQ(operation_of(nats::headers_view()), operation::put);
    EXPECT_EQ(operation_in(""), operation::put);
    EXPECT_EQ(operation_in("Trace: a\r\n"), operation::put);
    EXPECT_EQ(operation_in("KV-Operation: DEL\r\n"), operation::del);
    EXPECT_EQ(operation_in("KV-Operation: PURGE\r\nNats-Rollup: sub\r\n"), operation::purge);
    EXPECT_EQ(operation_in("KV-Operation: PUT\r\n"), operation::put);
    EXPECT_EQ(operation_in("Nats-Marker-Reason: MaxAge\r\n"), operation::purge);
    EXPECT_EQ(operation_in("Nats-Marker-Reason: Purge\r\n"), operation::purge);
    EXPECT_EQ(operation_in("Nats-Marker-Reason: Remove\r\n"), operation::del);
    EXPECT_EQ(operation_in("Nats-Marker-Reason: Other\r\n"), operation::put);
    EXPECT_EQ(operation_in("Nats-Marker-Reason: MaxAge\r\nKV-Operation: DEL\r\n"), operation::del);
}

layout layout_of_b() {
    layout made;
    made.bucket = "b";
    made.read_prefix = "$KV.b.";
    made.write_prefix = "$KV.b.";
    return made;
}

jetstream::ordered_message delivered(std::string_view subject) {
    jetstream::ordered_message made;
    nats::message_view view;
    view.subject = subject;
    view.payload = "value";
    made.message = nats::message(view);
    made.stream_sequence = 7;
    made.pending = 3;
    return made;
}

TEST(entry, is_made_of_a_message_that_is_delivered) {
    const auto made = make_entry(layout_of_b(), delivered("$KV.b.a.key"));
    EXPECT_TRUE(made && made->bucket == "b" && made->key == "a.key" && made->value == "value");
    EXPECT_TRUE(made && made->revision == 7 && made->delta == 3);
    for (const auto* const other : {"$KV.b.", "$KV.bb.key", "$KV.c.key", "KV.b.key", "", "$O.b.key"}) {
        try {
            make_entry(layout_of_b(), delivered(other));
            ADD_FAILURE() << other;
        } catch (const boost::system::system_error& failed) {
            EXPECT_EQ(failed.code(), errc::bad_entry);
        }
    }
}

TEST(entry, is_made_of_a_stored_message) {
    jetstream::stored_message stored;
    nats::message_view view;
    view.payload = "value";
    stored.message = nats::message(view);
    stored.subject = "$KV.b.a.key";
    stored.sequence = 7;
    stored.time += std::chrono::seconds(5);
    const auto made = make_entry(layout_of_b(), "a.key", "$KV.b.a.key", stored);
    EXPECT_EQ(made.bucket, "b");
    EXPECT_EQ(made.key, "a.key");
    EXPECT_EQ(made.value, "value");
    EXPECT_EQ(made.revision, 7u);
    EXPECT_EQ(made.created, stored.time);
    EXPECT_EQ(made.operation, operation::put);
    for (const auto* const other : {"$KV.b.", "$KV.bb.key", "$KV.c.key", "KV.b.key", "", "$O.b.key"}) {
        stored.subject = other;
        try {
            make_entry(layout_of_b(), "a.key", "$KV.b.a.key", stored);
            ADD_FAILURE() << other;
        } catch (const boost::system::system_error& failed) {
            EXPECT_EQ(failed.code(), errc::bad_entry);
        }
    }
}

TEST(error_category, has_a_name_and_a_text_for_every_code) {
    EXPECT_STREQ(kv_category().name(), "mote.kv");
    for (int value = static_cast<int>(errc::bad_bucket); value <= static_cast<int>(errc::bad_entry); ++value)
        EXPECT_NE(kv_category().message(value), "unknown error") << value;
    EXPECT_EQ(kv_category().message(99), "unknown error");
}

}  // namespace
}  // namespace mote::kv::detail
