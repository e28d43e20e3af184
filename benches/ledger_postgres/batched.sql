select transfers(
    array_agg(gen_random_uuid()), array_agg(payer), array_agg(1 + (payer + k) % :accounts::bigint), array_agg(amount),
    (extract(epoch from now()) * 1000)::bigint
) from (
    select
        case when :hot::int = 1 then 1 else 1 + floor(random() * :accounts::bigint)::bigint end as payer,
        floor(random() * (:accounts::bigint - 1))::bigint as k,
        1 + floor(random() * 100)::bigint as amount
    from generate_series(1, :batch::int)
) as drawn;
