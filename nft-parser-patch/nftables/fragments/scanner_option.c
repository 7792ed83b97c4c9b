/* SPDX-License-Identifier: GPL-2.0-only */
static bool is_in_rmirror(void *scanner)
{
	const struct parser_state *state = yyget_extra(scanner);

	return state->startcond_active[PARSER_SC_STMT_RMIRROR];
}

static int rmirror_option_token(YYSTYPE *value, const char *word)
{
	value->val = rmirror_option_find(word);
	if (rmirror_option_rows[value->val].kind == RMIRROR_KIND_FLAG)
		return RMIRROR_FLAG;
	/* The key may be an expression, of which keywords are a part. */
	return value->val == RMIRROR_OPT_KEY ? RMIRROR_KEY : RMIRROR_OPTION;
}

void rmirror_arg_begins(void *scanner)
{
	scanner_push_start_cond(scanner, SCANSTATE_RMIRROR_ARG);
}

