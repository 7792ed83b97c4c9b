/* SPDX-License-Identifier: GPL-2.0-only */
rmirror_stmt		:	rmirror_stmt_alloc	%prec RMIRROR
			|	rmirror_stmt_alloc	rmirror_args	%prec RMIRROR
			|	rmirror_stmt_alloc	error
			{
				/* What follows is not to be scanned as if it were the statement. */
				stmt_free($1);
				$$ = NULL;
				scanner_pop_start_cond(nft->scanner, PARSER_SC_STMT_RMIRROR);
				YYERROR;
			}
			;

rmirror_stmt_alloc	:	RMIRROR	TO	stmt_expr
			{
				$$ = rmirror_stmt_alloc(&@$);
				$$->rmirror.to = $3;
			}
			|	RMIRROR	nf_key_proto	TO	stmt_expr
			{
				$$ = rmirror_stmt_alloc(&@$);
				$$->rmirror.family = $2;
				$$->rmirror.to = $4;
			}
			|	RMIRROR	error
			{
				$$ = NULL;
				scanner_pop_start_cond(nft->scanner, PARSER_SC_STMT_RMIRROR);
				YYERROR;
			}
			;

rmirror_args		:	rmirror_arg
			{
				$<stmt>$	= $<stmt>0;
			}
			|	rmirror_args	rmirror_arg
			;

rmirror_arg		:	rmirror_option	rmirror_value	close_scope_rmirror_arg
			{
				if (rmirror_stmt_set_arg($<stmt>0, $1, &@1, $2, state->msgs) < 0)
					YYERROR;
			}
			|	RMIRROR_KEY	rmirror_key
			{
				if (rmirror_stmt_set_arg($<stmt>0, RMIRROR_OPT_KEY, &@1, $2, state->msgs) < 0)
					YYERROR;
			}
			|	rmirror_option	error
			{
				scanner_pop_start_cond(nft->scanner, PARSER_SC_RMIRROR_ARG);
				YYERROR;
			}
			|	RMIRROR_FLAG
			{
				if (rmirror_stmt_set_flag($<stmt>0, $1, &@1, state->msgs) < 0)
					YYERROR;
			}
			|	STRING
			{
				rmirror_unknown_option(&@1, $1, state->msgs);
				free((void *)$1);
				YYERROR;
			}
			;

rmirror_option		:	RMIRROR_OPTION
			{
				rmirror_arg_begins(nft->scanner);
				$$ = $1;
			}
			;

rmirror_value		:	symbol_expr
			|	integer_expr
			;

rmirror_key		:	concat_expr
			|	map_expr
			;

