/* SPDX-License-Identifier: GPL-2.0-only */
static bool json_parse_rmirror_member(struct json_ctx *ctx, struct stmt *stmt,
				      const char *word, json_t *value)
{
	char msg[256];

	if (!strcmp(word, "to")) {
		stmt->rmirror.to = json_parse_stmt_expr(ctx, value);
		if (!stmt->rmirror.to)
			json_error(ctx, "invalid collector, expected an address or an expression.");
		return stmt->rmirror.to;
	}
	if (!strcmp(word, "family")) {
		if (json_is_string(value) && !strcmp(json_string_value(value), "ip"))
			stmt->rmirror.family = NFPROTO_IPV4;
		else if (json_is_string(value) && !strcmp(json_string_value(value), "ip6"))
			stmt->rmirror.family = NFPROTO_IPV6;
		else
			json_error(ctx, "invalid family, expected 'ip' or 'ip6'.");
		return stmt->rmirror.family != NFPROTO_UNSPEC;
	}
	if (!strcmp(word, "key") && json_is_object(value)) {
		stmt->rmirror.options->arg[RMIRROR_OPT_KEY] = json_parse_expr(ctx, value);
		if (!stmt->rmirror.options->arg[RMIRROR_OPT_KEY])
			json_error(ctx, "invalid key, expected an integer or an expression.");
		return stmt->rmirror.options->arg[RMIRROR_OPT_KEY];
	}
	if (!rmirror_stmt_set_json(stmt, word, value, msg, sizeof(msg))) {
		json_error(ctx, "%s", msg);
		return false;
	}
	return true;
}

static struct stmt *json_parse_rmirror_stmt(struct json_ctx *ctx,
					    const char *key, json_t *value)
{
	struct stmt *stmt;
	const char *word;
	json_t *member;

	if (!json_is_object(value)) {
		json_error(ctx, "invalid rmirror, expected an object.");
		return NULL;
	}

	stmt = rmirror_stmt_alloc(int_loc);
	json_object_foreach(value, word, member) {
		if (!json_parse_rmirror_member(ctx, stmt, word, member)) {
			stmt_free(stmt);
			return NULL;
		}
	}
	if (!stmt->rmirror.to) {
		json_error(ctx, "missing member 'to'.");
		stmt_free(stmt);
		return NULL;
	}
	return stmt;
}

